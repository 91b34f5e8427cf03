// What a direction does to the picture at − and +, loaded when it comes into view, one after the other.
import { html, useEffect, useRef, useState } from "./htm-preact.js";
import { pictures } from "./api.js";

let line = Promise.resolve();

/** Loads when it is this one's turn, unless it is not wanted any more. */
function inLine(signal, load) {
  const turn = line.then(() => (signal.aborted ? null : load()));
  line = turn.catch(() => {});
  return turn;
}

/** Whether an element has come near the window once. */
function useSeen(ref) {
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    const observer = new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && setSeen(true),
      { rootMargin: "200px" },
    );
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, []);
  return seen;
}

/** A pair of pictures, anew with each version: the url of both side by side, and the element that has to be seen for them to be loaded. */
export function useThumbs(session, direction, strength, version) {
  const ref = useRef();
  const seen = useSeen(ref);
  const [url, setUrl] = useState(null);
  const shown = useRef(null); // until the next one is there
  useEffect(() => {
    if (!seen || !session) return;
    const control = new AbortController();
    const column = (sign) => ({ edits: [{ direction, strength: sign * strength }] });
    const asked = { columns: [column(-1), column(1)], quality: "preview", lane: `thumb:${direction}`.slice(0, 100) };
    inLine(control.signal, () => pictures(session, asked, control.signal))
      .then((picture) => {
        if (!picture || control.signal.aborted) return;
        if (shown.current) URL.revokeObjectURL(shown.current);
        shown.current = URL.createObjectURL(picture);
        setUrl(shown.current);
      })
      .catch(() => {}); // then the one before stays
    return () => control.abort();
  }, [seen, session, direction, strength, version]);
  useEffect(() => () => shown.current && URL.revokeObjectURL(shown.current), []);
  return [ref, url];
}

/** One picture of several in a row. */
export function Cell({ url, index, count, label }) {
  return html`<span
    class="cell"
    role="img"
    aria-label=${label}
    style=${url
      ? {
          backgroundImage: `url(${url})`,
          backgroundSize: `${100 * count}% 100%`,
          backgroundPosition: count > 1 ? `${(100 * index) / (count - 1)}% 0` : "0 0",
        }
      : {}}
  ></span>`;
}
