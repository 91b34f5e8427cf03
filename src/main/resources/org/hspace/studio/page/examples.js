// Examples: samples that are marked + or −, for the direction from one kind to the other.
import { html, useState } from "./htm-preact.js";
import { Cell } from "./thumbs.js";
import { useSheet } from "./source.js";

const SHEET = 24;
const NEXT = { undefined: "+", "+": "−", "−": undefined };

export function Examples({ begin }) {
  const [page, setPage] = useState(0);
  const [marks, setMarks] = useState({}); // by seed
  const [name, setName] = useState("");
  const [state, setState] = useState({});
  const first = page * SHEET;
  const [url, error] = useSheet(first, SHEET);
  const seeds = (mark) => Object.keys(marks).filter((seed) => marks[seed] === mark);
  const [plus, minus] = [seeds("+"), seeds("−")];
  const missing = plus.length - minus.length;
  const submit = async (event) => {
    event.preventDefault();
    setState({ busy: true });
    try {
      await begin({ kind: "examples", name: name.trim(), positive: plus.join(","), negative: minus.join(",") });
      setState({});
      setName("");
      setMarks({});
    } catch (failure) {
      setState({ error: failure.message });
    }
  };
  return html`<form class="begin" onSubmit=${submit}>
    <p class="hint">Mark samples that have it with + and as many that lack it with −; a click marks +, another one −, a third none.</p>
    ${error && html`<p class="error" role="alert">${error}</p>`}
    <div class="grid" aria-busy=${!url}>
      ${Array.from({ length: SHEET }, (_, i) => {
        const seed = first + i;
        const mark = marks[seed];
        const said = mark === "+" ? "has it" : mark === "−" ? "lacks it" : "not marked";
        return html`<button
          key=${i}
          type="button"
          class="thumb example"
          data-mark=${mark ?? ""}
          aria-label=${`seed ${seed}: ${said}`}
          title=${`seed ${seed}`}
          onClick=${() => setMarks({ ...marks, [seed]: NEXT[mark] })}
        >
          <${Cell} url=${url} index=${i} count=${SHEET} label="" />
          ${mark && html`<span class="mark" aria-hidden="true">${mark}</span>`}
        </button>`;
      })}
    </div>
    <div class="row">
      <button type="button" disabled=${!page} onClick=${() => setPage(page - 1)}>earlier</button>
      <span>seeds ${first}–${first + SHEET - 1}</span>
      <button type="button" onClick=${() => setPage(page + 1)}>more</button>
      <span class="hint" role="status">
        ${`${plus.length} + and ${minus.length} −${
          missing ? `: mark ${Math.abs(missing)} more ${missing > 0 ? "−" : "+"}` : ""
        }`}
      </span>
      <label>name <input type="text" size="12" required value=${name} onInput=${(event) => setName(event.target.value)} /></label>
      <button class="main" disabled=${state.busy || !plus.length || missing !== 0}>begin</button>
    </div>
    ${state.error && html`<p class="error" role="alert">${state.error}</p>`}
  </form>`;
}
