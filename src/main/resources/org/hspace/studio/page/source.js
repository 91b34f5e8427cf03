// Where the picture comes from: a seed, a sheet of seeds, a photograph.
import { html, useEffect, useRef, useState } from "./htm-preact.js";
import { bringPhoto, isSuperseded, samples } from "./api.js";
import { Cell } from "./thumbs.js";

const SHEET = 12;
const HIGHEST = 1_000_000;
const KINDS = "image/png,image/jpeg,image/webp,image/bmp,image/tiff";

/** Samples of consecutive seeds in one row: the url of the picture, and what went wrong. */
export function useSheet(first, count) {
  const [url, setUrl] = useState(null);
  const [error, setError] = useState(null);
  useEffect(() => {
    const control = new AbortController();
    let made = null;
    setUrl(null);
    setError(null);
    samples(`${first}-${first + count - 1}`, control.signal)
      .then((picture) => {
        made = URL.createObjectURL(picture);
        if (!control.signal.aborted) setUrl(made);
      })
      .catch((failure) => isSuperseded(failure) || setError(failure.message));
    return () => {
      control.abort();
      if (made) URL.revokeObjectURL(made);
    };
  }, [first, count]);
  return [url, error];
}

function Sheet({ choose, chosen }) {
  const [page, setPage] = useState(0);
  const first = page * SHEET;
  const [url, error] = useSheet(first, SHEET);
  return html`<div class="sheet">
    ${error && html`<p class="error" role="alert">${error}</p>`}
    <div class="grid" aria-busy=${!url}>
      ${Array.from({ length: SHEET }, (_, i) => html`<button
        key=${i}
        class="thumb"
        aria-pressed=${chosen === first + i}
        aria-label=${`seed ${first + i}`}
        title=${`seed ${first + i}`}
        onClick=${() => choose(first + i)}
      >
        <${Cell} url=${url} index=${i} count=${SHEET} label="" />
      </button>`)}
    </div>
    <p class="row">
      <button disabled=${!page} onClick=${() => setPage(page - 1)}>earlier</button>
      <span>seeds ${first}–${first + SHEET - 1}</span>
      <button onClick=${() => setPage(page + 1)}>more</button>
    </p>
  </div>`;
}

/** Brings a photograph, and says what stands in the way. */
export async function bring(file, use, say) {
  say({ busy: true });
  try {
    use({ photo: await bringPhoto(file), eta: 1, name: file.name });
    say({});
  } catch (error) {
    say({ error: error.message });
  }
}

/** How exactly it comes back; until the server has said so, the facts are none, or another picture's. */
function roundTrip(facts) {
  if (facts?.exact === undefined) return "inverting …";
  return facts.exact ? "round trip exact" : `round trip ${facts.psnr.toFixed(1)} dB`;
}

/** Whether edits of it can be expected to work, by how well the model knows such pictures. */
function Editability({ facts }) {
  if (facts?.unlikeness === undefined) return null;
  const times = facts.unlikeness.toFixed(1);
  const why = `the model denoises it ${times} times as badly as its own samples`;
  return facts.unlike
    ? html`<span class="warn" role="status" title=${why}>unlike what the model knows (${times} ×): edits may fail</span>`
    : html`<span class="hint" title=${why}>editable (denoised ${times} × as badly as its own)</span>`;
}

export function Source({ source, facts, use, say, notice }) {
  const [sheet, setSheet] = useState(false);
  const input = useRef();
  const seed = source.seed;
  return html`<section class="panel source" aria-label="Picture">
    <header>
      <h2>Picture</h2>
      <label>seed
        <input
          type="number"
          min="0"
          max="999999999999"
          step="1"
          value=${seed ?? ""}
          onChange=${(event) =>
            Number.isSafeInteger(event.target.valueAsNumber) &&
            event.target.valueAsNumber >= 0 &&
            use({ seed: event.target.valueAsNumber })}
        />
      </label>
      <button onClick=${() => use({ seed: Math.floor(Math.random() * HIGHEST) })} title="another seed (D)">
        <span aria-hidden="true">⚄</span> dice
      </button>
      <button aria-expanded=${sheet} onClick=${() => setSheet(!sheet)}>sheet</button>
      <button onClick=${() => input.current.click()}>photograph …</button>
      <input
        ref=${input}
        class="hidden"
        type="file"
        accept=${KINDS}
        tabindex="-1"
        aria-label="A photograph"
        onChange=${(event) => {
          const [file] = event.target.files;
          if (file) bring(file, use, say);
          event.target.value = "";
        }}
      />
    </header>
    ${sheet && html`<${Sheet} chosen=${seed} choose=${(chosen) => use({ seed: chosen })} />`}
    ${source.photo &&
    html`<p class="row photo">
      <img src=${`/api/photos/${source.photo}`} alt="the photograph as the model sees it" />
      <label>inverted
        <select value=${String(source.eta)} onChange=${(event) => use({ ...source, eta: Number(event.target.value) })}>
          <option value="1">exactly, with its noise (DDPM)</option>
          <option value="0">without noise (DDIM)</option>
        </select>
      </label>
      <span class="hint" title="how exactly it comes back when it is inverted and decoded again">
        ${roundTrip(facts)}
      </span>
      <${Editability} facts=${facts} />
    </p>`}
    ${notice.busy && html`<p class="hint" role="status">bringing the photograph …</p>`}
    ${notice.error && html`<p class="error" role="alert">${notice.error}</p>`}
  </section>`;
}
