// What is made of which picture, with undo and redo; survives a reload.
import { useCallback, useEffect, useReducer } from "./htm-preact.js";

const KEY = "hspace-studio";
const MOST = 200;

export const BEGIN = {
  source: { seed: 1 },
  strengths: {}, // by the direction's id; those at 0 are not there
  window: [0, 1],
  asymmetric: false,
  local: true, // of photographs: only where the edit acts
};

function read() {
  for (const storage of [sessionStorage, localStorage]) {
    try {
      const kept = JSON.parse(storage.getItem(KEY));
      if (kept?.source) return { ...BEGIN, ...kept };
    } catch {
      // not ours, or not allowed: begin anew
    }
  }
  return BEGIN;
}

function step({ past, present, future }, action) {
  switch (action.type) {
    case "live": // on the way: no step of its own to undo
      return { past, present: { ...present, ...action.change }, future };
    case "commit": {
      const before = action.from ?? present;
      const next = { ...present, ...action.change };
      if (JSON.stringify(before) === JSON.stringify(next)) return { past, present: next, future };
      return { past: [...past, before].slice(-MOST), present: next, future: [] };
    }
    case "undo":
      if (!past.length) return { past, present, future };
      return { past: past.slice(0, -1), present: past.at(-1), future: [present, ...future] };
    case "redo":
      if (!future.length) return { past, present, future };
      return { past: [...past, present], present: future[0], future: future.slice(1) };
  }
}

/** The state, and how it changes; `live` is for what a hand is still moving, `commit` ends it. */
export function useHistory() {
  const [all, dispatch] = useReducer(step, null, () => ({ past: [], present: read(), future: [] }));
  const { present } = all;
  useEffect(() => {
    for (const storage of [sessionStorage, localStorage]) {
      try {
        storage.setItem(KEY, JSON.stringify(present));
      } catch {
        // full or not allowed: then a reload begins anew
      }
    }
  }, [present]);
  return {
    state: present,
    canUndo: all.past.length > 0,
    canRedo: all.future.length > 0,
    live: useCallback((change) => dispatch({ type: "live", change }), []),
    commit: useCallback((change, from) => dispatch({ type: "commit", change, from }), []),
    undo: useCallback(() => dispatch({ type: "undo" }), []),
    redo: useCallback(() => dispatch({ type: "redo" }), []),
  };
}
