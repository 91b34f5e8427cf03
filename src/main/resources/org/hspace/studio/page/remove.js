// A direction without the effect of others.
import { html, useState } from "./htm-preact.js";
import { removeEffects } from "./api.js";

/** Directions by where they are from. */
function groups(directions) {
  const found = new Map();
  for (const direction of directions) {
    const from = direction.from.replace(/\.safetensors$/, "");
    if (!found.has(from)) found.set(from, []);
    found.get(from).push(direction);
  }
  return [...found];
}

export function Remove({ directions, changed }) {
  const usable = directions.filter(({ id }) => !id.startsWith("found:"));
  const [from, setFrom] = useState(usable[0]?.id);
  const [ticked, setTicked] = useState({});
  const [name, setName] = useState("");
  const [state, setState] = useState({});
  const without = usable.filter(({ id }) => ticked[id] && id !== from).map(({ id }) => id);
  const attempt = async (force) => {
    setState({ busy: true });
    try {
      const made = await removeEffects({ direction: from, without, name: name.trim(), force });
      setState({ say: `${name} keeps ${Math.round(100 * made.norm_left)} % of the direction; it is a slider now` });
      changed();
    } catch (error) {
      setState({ error: error.message, little: error.status === 422 });
    }
  };
  if (usable.length < 2)
    return html`<p class="hint">There have to be two directions at least; find some first.</p>`;
  return html`<form
    class="begin"
    onSubmit=${(event) => {
      event.preventDefault();
      attempt(false);
    }}
  >
    <p class="hint">What is left of a direction when the parts along the ticked ones are taken away (one least-squares problem).</p>
    <div class="row">
      <label>direction
        <select value=${from} onChange=${(event) => setFrom(event.target.value)}>
          ${groups(usable).map(
            ([title, members]) => html`<optgroup key=${title} label=${title}>
              ${members.map(({ id, name: label }) => html`<option key=${id} value=${id}>${label}</option>`)}
            </optgroup>`,
          )}
        </select>
      </label>
      <label>name <input type="text" size="12" required value=${name} onInput=${(event) => setName(event.target.value)} /></label>
      <button class="main" disabled=${state.busy || !without.length}>remove</button>
    </div>
    ${groups(usable.filter(({ id }) => id !== from)).map(
      ([title, members]) => html`<fieldset class="ticks" key=${title}>
        <legend>without the effect of (${title})</legend>
        ${members.map(
          ({ id, name: label }) => html`<label key=${id} class="check">
            <input
              type="checkbox"
              checked=${!!ticked[id]}
              onChange=${(event) => setTicked({ ...ticked, [id]: event.target.checked })}
            />
            ${label}
          </label>`,
        )}
      </fieldset>`,
    )}
    ${state.error && html`<p class="error" role="alert">${state.error}</p>`}
    ${state.little && html`<p class="row"><button type="button" onClick=${() => attempt(true)}>keep it all the same</button></p>`}
    ${state.say && html`<p class="hint" role="status">${state.say}</p>`}
  </form>`;
}
