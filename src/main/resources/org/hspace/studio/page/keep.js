// What is kept: the picture, the edit as a direction, and the commands that do the same.
import { html, useState } from "./htm-preact.js";
import * as api from "./api.js";

export function Keep({ session, edits, asymmetric, picture, saved }) {
  const [name, setName] = useState("");
  const [state, setState] = useState({});
  const attempt = (work) => async () => {
    setState({ busy: true });
    try {
      setState(await work());
    } catch (error) {
      setState({ error: error.message });
    }
  };
  const save = attempt(async () => {
    const direction = await api.save(session, { name, edits });
    saved(direction);
    return { say: `saved as ${name}` };
  });
  const script = attempt(async () => ({ script: await api.script(session, { edits, asymmetric }) }));
  const copy = (text) => async () => {
    try {
      await navigator.clipboard.writeText(text);
      setState((before) => ({ ...before, say: "copied" }));
    } catch {
      setState((before) => ({ ...before, error: "The browser does not let the page copy; the text can be marked." }));
    }
  };
  return html`<section class="panel keep" aria-label="Keep">
    <header>
      <h2>Keep</h2>
      <a class="button" href=${picture ?? null} download="edited.png" aria-disabled=${!picture}>picture</a>
      <button disabled=${!session} onClick=${script}>commands</button>
      <label>name
        <input type="text" size="12" value=${name} onInput=${(event) => setName(event.target.value)} />
      </label>
      <button disabled=${!session || !edits.length || !name.trim()} onClick=${save}>save direction</button>
    </header>
    ${state.error && html`<p class="error" role="alert">${state.error}</p>`}
    ${state.say && html`<p class="hint" role="status">${state.say}</p>`}
    ${state.script &&
    ["commands", "java"].map(
      (kind) => html`<div class="script" key=${kind}>
        <button onClick=${copy(state.script[kind])} aria-label=${`copy the ${kind}`}>copy</button>
        <pre tabindex="0">${state.script[kind]}</pre>
      </div>`,
    )}
  </section>`;
}
