// The studio's page: it keeps the state and the session; the parts show them.
import { html, render, useCallback, useEffect, useErrorBoundary, useMemo, useRef, useState } from "./htm-preact.js";
import * as api from "./api.js";
import { Discover } from "./discover.js";
import { useHistory } from "./history.js";
import { Keep } from "./keep.js";
import { Live } from "./live.js";
import { MaskTools } from "./mask.js";
import { Sliders, exchange } from "./sliders.js";
import { Source, bring } from "./source.js";
import { Stage } from "./stage.js";

const THEMES = ["auto", "light", "dark"];

/** What the model is, which directions there are; asked for again when the server does not answer. */
function useModel() {
  const [found, setFound] = useState({});
  const load = useCallback(async () => {
    setFound({});
    try {
      const [model, directions] = await Promise.all([api.model(), api.directions()]);
      setFound({ model, directions });
    } catch (error) {
      setFound({ error });
    }
  }, []);
  useEffect(() => void load(), []);
  const reload = useCallback(async () => {
    try {
      const directions = await api.directions();
      setFound((before) => ({ ...before, directions }));
    } catch (error) {
      setFound({ error });
    }
  }, []);
  return { ...found, load, reload };
}

/** A session of the server for a picture; `lost` opens another one. */
function useSession(source) {
  const [opened, setOpened] = useState({});
  const [times, setTimes] = useState(0);
  const { seed, photo, eta } = source;
  useEffect(() => {
    const control = new AbortController();
    setOpened((before) => ({ ...before, facts: null, error: null }));
    api
      .openSession(photo ? { photo, eta } : { seed }, control.signal)
      .then((facts) => setOpened({ facts }))
      .catch((error) => api.isSuperseded(error) || setOpened({ error }));
    return () => control.abort();
  }, [seed, photo, eta, times]);
  return { ...opened, lost: useCallback(() => setTimes((n) => n + 1), []) };
}

function useTheme() {
  const [theme, setTheme] = useState(() => localStorage.getItem("hspace-theme") ?? "auto");
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
    localStorage.setItem("hspace-theme", theme);
  }, [theme]);
  return [theme, () => setTheme(THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length])];
}

function Studio({ model, directions: shared, reload }) {
  const history = useHistory();
  const { state, live, commit, undo, redo } = history;
  const session = useSession(state.source);
  const [picture, setPicture] = useState({});
  const [original, setOriginal] = useState(null);
  const [notice, say] = useState({});
  const [disentangled, setDisentangled] = useState(true);
  const [tool, setTool] = useState(null);
  const [found, setFound] = useState([]); // directions of this picture
  const mask = useRef();
  const [theme, nextTheme] = useTheme();
  const begun = useRef(null); // the state before a hand began to move
  const player = useMemo(() => new Live((news) => setPicture((before) => ({ ...before, ...news }))), []);
  const facts = session.facts;

  const directions = useMemo(() => [...found, ...shared], [found, shared]);
  useEffect(() => setFound([]), [facts?.session]);

  const known = useMemo(() => new Set(directions.map(({ id }) => id)), [directions]);
  const terms = JSON.stringify(
    Object.entries(state.strengths)
      .filter(([direction]) => known.has(direction))
      .map(([direction, strength]) => ({ direction, strength, from: state.window[0], to: state.window[1] })),
  );
  const edits = useMemo(() => JSON.parse(terms), [terms]); // the same one until something of it changes

  const local = state.local && !!state.source.photo;
  const edit = useMemo(() => ({ edits, asymmetric: state.asymmetric, local }), [edits, state.asymmetric, local]);
  useEffect(() => {
    if (!facts) return;
    const { edits: terms, ...how } = edit;
    player.show(facts.session, { columns: [{ edits: terms }], ...how }, facts.preview_steps < facts.steps);
  }, [facts, edit]);

  useEffect(() => {
    if (picture.error && api.isLost(picture.error)) session.lost();
  }, [picture.error]);

  useEffect(() => {
    if (!facts) return;
    const control = new AbortController();
    let made = null;
    api
      .pictures(facts.session, { columns: [{ edits: [] }], lane: "original" }, control.signal)
      .then((found) => {
        made = URL.createObjectURL(found);
        if (!control.signal.aborted) setOriginal(made);
      })
      .catch(() => {}); // the picture itself says what is wrong
    return () => {
      control.abort();
      setOriginal(null);
      if (made) URL.revokeObjectURL(made);
    };
  }, [facts]);

  const move = (change) => {
    begun.current ??= state;
    live(change);
  };
  const settle = (change) => {
    commit(change, begun.current ?? undefined);
    begun.current = null;
  };
  const use = (source) => {
    say({});
    commit({ source });
  };

  useEffect(() => {
    const keys = (event) => {
      const typing = /^(number|search|text)$/.test(event.target.type ?? "");
      const key = event.key.toLowerCase();
      if ((event.ctrlKey || event.metaKey) && key === "z" && !typing) {
        event.preventDefault();
        (event.shiftKey ? redo : undo)();
      } else if (key === "d" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
        use({ seed: Math.floor(Math.random() * 1_000_000) });
      }
    };
    addEventListener("keydown", keys);
    return () => removeEventListener("keydown", keys);
  }, []);

  return html`<div class="studio">
    <header class="top">
      <h1>hspace studio</h1>
      <span class="hint">${model.name}, ${model.width} × ${model.height}</span>
      <button onClick=${nextTheme} title="light or dark">colours: ${theme}</button>
    </header>
    <main>
      <div class="left">
        <${Stage}
          picture=${picture}
          original=${original}
          model=${{ ...model, ...facts }}
          sessionError=${session.error}
          history=${history}
          state=${state}
          commit=${commit}
          reset=${() => commit({ strengths: {} })}
          mask=${mask}
          tool=${tool}
          dropped=${(file) => bring(file, use, say)}
        />
      </div>
      <div class="right">
        <${Source} source=${state.source} facts=${facts} use=${use} say=${say} notice=${notice} />
        <${Sliders}
          directions=${directions}
          state=${state}
          session=${facts?.session}
          live=${move}
          commit=${settle}
          disentangled=${disentangled}
          setDisentangled=${(chosen) => {
            setDisentangled(chosen);
            commit({ strengths: exchange(state.strengths, directions, chosen) });
          }}
        />
        <${MaskTools}
          mask=${mask}
          tool=${tool}
          setTool=${setTool}
          model=${model}
          session=${facts?.session}
          found=${(more) => setFound((before) => [...more, ...before])}
        />
        <${Discover} model=${model} directions=${directions} session=${facts?.session} changed=${reload} />
        <${Keep}
          session=${facts?.session}
          edit=${edit}
          saved=${reload}
        />
      </div>
    </main>
  </div>`;
}

function App() {
  const { model, directions, error, load, reload } = useModel();
  const [fault, forget] = useErrorBoundary();
  const wrong = fault ?? error;
  if (wrong)
    return html`<div class="state" role="alert">
      <p>${wrong.message}</p>
      <button onClick=${() => (fault ? forget() : load())}>try again</button>
    </div>`;
  if (!model) return html`<p class="state" role="status">Opening the studio …</p>`;
  return html`<${Studio} model=${model} directions=${directions} reload=${reload} />`;
}

// The token has done its work: it is not to be seen, nor kept in the history.
history.replaceState(null, "", location.pathname);
const place = document.getElementById("studio");
place.textContent = "";
render(html`<${App} />`, place);
