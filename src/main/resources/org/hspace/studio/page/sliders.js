// The directions, each a slider in units of the strength at which it shows what it does.
import { html, useMemo, useState } from "./htm-preact.js";
import { Cell, useThumbs } from "./thumbs.js";

const REACH = 3; // times the suggested strength, both ways
const NOTCHES = 20; // of a slider, for each suggested strength
const TWIN = "-only";

const pretty = (value) => (value === 0 ? "0" : (value > 0 ? "+" : "−") + Math.abs(value).toPrecision(3));

function Slider({ direction, label, strength, session, live, commit }) {
  const unit = direction.suggested;
  const [ref, url] = useThumbs(session, direction.id, unit);
  const id = `slider-${direction.id}`;
  const doubt = direction.converged === false;
  const certified = direction.residual === undefined ? null : `${direction.residual?.toExponential(1)}${doubt ? " (not converged)" : ""}`;
  const inside = direction.inside === undefined ? "" : `${Math.round(100 * direction.inside)} % inside, `;
  const button = (sign) => html`<button
    class="thumb"
    title=${`${label} ${sign < 0 ? "−" : "+"}`}
    aria-label=${`${label}: set to ${pretty(sign * unit)}`}
    onClick=${() => commit(sign * unit)}
  >
    <${Cell} url=${url} index=${sign < 0 ? 0 : 1} count=${2} label="" />
  </button>`;
  return html`<li class=${"slider" + (strength ? " moved" : "")} ref=${ref}>
    ${button(-1)}
    <div class="middle">
      <label for=${id}>${label}</label>
      <output for=${id}>${pretty(strength)}</output>
      <input
        id=${id}
        type="range"
        min=${-REACH * NOTCHES}
        max=${REACH * NOTCHES}
        step="1"
        value=${Math.round((strength / unit) * NOTCHES)}
        aria-valuetext=${pretty(strength)}
        onInput=${(event) => live((event.target.valueAsNumber / NOTCHES) * unit)}
        onChange=${(event) => commit((event.target.valueAsNumber / NOTCHES) * unit)}
        onDblClick=${() => commit(0)}
      />
      ${certified &&
      html`<span class=${doubt ? "warn certified" : "hint certified"} title="share of the change that is under the mask, as measured; residual of the vectors">
        ${inside}residual ${certified}
      </span>`}
    </div>
    ${button(1)}
  </li>`;
}

/** Directions by where they are from; of a plain one and its disentangled twin, the one that is chosen. */
function groups(directions, disentangled) {
  const ids = new Set(directions.map((direction) => direction.id));
  const found = new Map([
    ["this picture", []],
    ["Attributes", []],
    ["Principal components", []],
  ]);
  for (const direction of directions) {
    const own = direction.from === "model";
    const base = own && direction.id.endsWith(TWIN) ? direction.id.slice(0, -TWIN.length) : null;
    if (base && ids.has(base) && !disentangled) continue;
    if (own && ids.has(direction.id + TWIN) && disentangled) continue;
    const label = base && ids.has(base) ? base : direction.name;
    const group = !own ? direction.from.replace(/\.safetensors$/, "") : /^[piv]c\d+$/.test(direction.name) ? "Principal components" : "Attributes";
    if (!found.has(group)) found.set(group, []);
    found.get(group).push({ direction, label });
  }
  return [...found].filter(([, members]) => members.length);
}

/** The twin that a direction is exchanged for, with its strength in the twin's units. */
export function exchange(strengths, directions, disentangled) {
  const byId = new Map(directions.map((direction) => [direction.id, direction]));
  const result = {};
  for (const [id, strength] of Object.entries(strengths)) {
    const other = disentangled ? id + TWIN : id.endsWith(TWIN) ? id.slice(0, -TWIN.length) : id;
    const twin = byId.get(other);
    if (!twin || byId.get(id)?.from !== "model") result[id] = strength;
    else result[other] = (strength / byId.get(id).suggested) * twin.suggested;
  }
  return result;
}

export function Sliders({ directions, state, session, live, commit, disentangled, setDisentangled }) {
  const [filter, setFilter] = useState("");
  const shown = useMemo(() => groups(directions, disentangled), [directions, disentangled]);
  const hasTwins = useMemo(() => directions.some(({ id }) => directions.some((other) => other.id === id + TWIN)), [directions]);
  const set = (id, strength) => {
    const strengths = { ...state.strengths, [id]: strength };
    if (!strength) delete strengths[id];
    return { strengths };
  };
  if (!directions.length)
    return html`<section class="panel"><h2>Directions</h2>
      <p class="hint">This model comes without directions of its own.</p></section>`;
  return html`<section class="panel directions" aria-label="Directions">
    <header>
      <h2>Directions</h2>
      ${hasTwins &&
      html`<label class="check" title="Directions that leave the other attributes where they are">
        <input type="checkbox" checked=${disentangled} onChange=${(event) => setDisentangled(event.target.checked)} />
        disentangled
      </label>`}
      ${directions.length > 12 &&
      html`<input
        type="search"
        placeholder="find"
        aria-label="Find a direction"
        value=${filter}
        onInput=${(event) => setFilter(event.target.value.toLowerCase())}
      />`}
    </header>
    ${shown.map(([title, members]) => {
      const found = members.filter(({ label }) => label.toLowerCase().includes(filter));
      if (!found.length) return null;
      return html`<details key=${title} open=${title !== "Principal components" || filter !== ""}>
        <summary>${title}</summary>
        <ul class="sliders">
          ${found.map(
            ({ direction, label }) => html`<${Slider}
              key=${direction.id}
              direction=${direction}
              label=${label}
              session=${session}
              strength=${state.strengths[direction.id] ?? 0}
              live=${(strength) => live(set(direction.id, strength))}
              commit=${(strength) => commit(set(direction.id, strength))}
            />`,
          )}
        </ul>
      </details>`;
    })}
  </section>`;
}
