// What is kept: pictures of the edit, the edit as a direction, and the commands that do the same.
import { html, useState } from "./htm-preact.js";
import * as api from "./api.js";

const FILES = {
  picture: { label: "picture", name: "edited.png", asked: { what: "picture" } },
  grid: { label: "grid", name: "grid.png", asked: { what: "grid" } },
  apng: { label: "sweep (animated PNG)", name: "sweep.png", asked: { what: "sweep" } },
  gif: { label: "sweep (GIF)", name: "sweep.gif", asked: { what: "sweep", format: "gif" } },
  direction: { label: "direction file", name: "edit.safetensors", asked: { what: "direction" } },
};

/** Hands a file to whoever looks at the page. */
function download(file, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

export function Keep({ session, edit, saved }) {
  const { edits } = edit;
  const [kind, setKind] = useState("picture");
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
  const take = attempt(async () => {
    const { name: file, asked } = FILES[kind];
    download(await api.exported(session, { ...asked, ...edit }), file);
    return { say: `made ${file}` };
  });
  const script = attempt(async () => ({ script: await api.script(session, edit) }));
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
      <select aria-label="What to download" value=${kind} onChange=${(event) => setKind(event.target.value)}>
        ${Object.entries(FILES).map(
          ([id, { label }]) => html`<option key=${id} value=${id} disabled=${id !== "picture" && !edits.length}>${label}</option>`,
        )}
      </select>
      <button
        disabled=${!session || state.busy || (kind !== "picture" && !edits.length)}
        onClick=${take}
      >
        ${state.busy ? "making …" : "download"}
      </button>
      <button disabled=${!session} onClick=${script}>commands</button>
    </header>
    <div class="row">
      <label>name
        <input type="text" size="12" value=${name} onInput=${(event) => setName(event.target.value)} />
      </label>
      <button disabled=${!session || !edits.length || !name.trim()} onClick=${save}>save direction</button>
    </div>
    ${!edits.length && html`<p class="hint">Move a slider to have an edit to keep.</p>`}
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
