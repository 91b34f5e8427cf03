// The picture: original and edited, with a wipe between them, and what happens to it.
import { html, useState } from "./htm-preact.js";
import { MaskCanvas } from "./mask.js";

function status({ error, busy, quality, ms }, model, sessionError) {
  const failure = sessionError ?? error;
  if (failure) return html`<p class="status error" role="alert">${failure.message}</p>`;
  if (!quality) return html`<p class="status" role="status">making the picture …</p>`;
  const steps = quality === "full" ? model.steps : model.preview_steps;
  return html`<p class="status" role="status" title=${`${Math.round(ms)} ms`}>
    ${`${steps} steps`}${busy ? " · the full picture follows" : ""}
  </p>`;
}

export function Stage({ picture, original, model, sessionError, history, reset, state, commit, dropped, mask, tool }) {
  const [wipe, setWipe] = useState(0);
  const [over, setOver] = useState(false);
  const moved = Object.keys(state.strengths).length > 0;
  const shape = { aspectRatio: `${model.width} / ${model.height}` };
  return html`<section class="stage" aria-label="Result">
    <div
      class=${"canvas" + (over ? " over" : "") + (picture.busy ? " busy" : "")}
      style=${shape}
      onDragOver=${(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave=${() => setOver(false)}
      onDrop=${(event) => {
        event.preventDefault();
        setOver(false);
        const [file] = event.dataTransfer.files;
        if (file) dropped(file);
      }}
    >
      ${original && html`<img class="original" src=${original} alt="original" />`}
      ${picture.url &&
      html`<img
        id="edited"
        class="edited"
        src=${picture.url}
        data-quality=${picture.quality}
        alt=${moved ? "edited picture" : "picture"}
        style=${{ clipPath: original ? `inset(0 0 0 ${wipe}%)` : "none" }}
      />`}
      ${original && wipe > 0 && html`<span class="line" style=${{ left: `${wipe}%` }}></span>`}
      ${tool && html`<${MaskCanvas} mask=${mask} tool=${tool} model=${model} />`}
      ${over && html`<span class="drop">drop a photograph</span>`}
    </div>
    <label class="wipe">
      <span>original</span>
      <input
        type="range"
        min="0"
        max="100"
        value=${wipe}
        aria-label="Wipe from the edited picture to the original"
        onInput=${(event) => setWipe(event.target.valueAsNumber)}
      />
      <span>edited</span>
    </label>
    ${status(picture, model, sessionError)}
    <div class="row tools">
      <button disabled=${!history.canUndo} onClick=${history.undo} title="Ctrl+Z">undo</button>
      <button disabled=${!history.canRedo} onClick=${history.redo} title="Ctrl+Shift+Z">redo</button>
      <button disabled=${!moved} onClick=${reset}>reset</button>
    </div>
    <details class="how">
      <summary>How the edit acts</summary>
      <div class="row">
        ${["from", "to"].map(
          (name, i) => html`<label key=${name}>${name}
            <input
              type="range"
              min="0"
              max="1"
              step="0.05"
              value=${state.window[i]}
              aria-valuetext=${`${Math.round(100 * state.window[i])} % of the steps`}
              onChange=${(event) => {
                const window = [...state.window];
                window[i] = event.target.valueAsNumber;
                if (window[0] > window[1]) window[1 - i] = window[i];
                commit({ window });
              }}
            />
            <output>${Math.round(100 * state.window[i])} %</output>
          </label>`,
        )}
      </div>
      <p class="hint">of the steps; the first ones decide the large forms, the last ones the details</p>
      <label class="check">
        <input
          type="checkbox"
          checked=${state.asymmetric}
          onChange=${(event) => commit({ asymmetric: event.target.checked })}
        />
        asymmetric: into the predicted image only (Asyrp)
      </label>
      ${state.source.photo &&
      html`<label class="check">
        <input type="checkbox" checked=${state.local} onChange=${(event) => commit({ local: event.target.checked })} />
        only where the edit acts, with new noise there; the rest stays the photograph’s
      </label>`}
    </details>
  </section>`;
}
