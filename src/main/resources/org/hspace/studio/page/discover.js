// Directions over the model: ways to begin long work, and what becomes of it.
import { html, useCallback, useEffect, useRef, useState } from "./htm-preact.js";
import * as api from "./api.js";
import { Examples } from "./examples.js";
import { JobCard } from "./job.js";
import { Remove } from "./remove.js";

const POLL_MS = 1000;
const REST_MS = 6000;

const unfinished = (job) => job.state === "waiting" || job.state === "running";

/** The jobs, asked for again and again while the page is looked at; `finished` hears when one is done. */
function useJobs(finished) {
  const [jobs, setJobs] = useState(null);
  const [error, setError] = useState(null);
  const open = useRef(new Set());
  const load = useCallback(async () => {
    try {
      const found = await api.jobs();
      setJobs(found);
      setError(null);
      if (found.some((job) => job.state === "done" && open.current.has(job.job))) finished();
      open.current = new Set(found.filter(unfinished).map((job) => job.job));
    } catch (failure) {
      setError(failure.message);
    }
  }, [finished]);
  useEffect(() => {
    let timer = 0;
    let ended = false;
    const again = async () => {
      if (!document.hidden) await load();
      if (!ended) timer = setTimeout(again, open.current.size ? POLL_MS : REST_MS);
    };
    again();
    return () => {
      ended = true;
      clearTimeout(timer);
    };
  }, [load]);
  return { jobs, error, load };
}

/** Fields that a form asks for, and the button that begins. */
function Begin({ kind, say, fields, children, begin }) {
  const form = useRef();
  const [state, setState] = useState({});
  const submit = async (event) => {
    event.preventDefault();
    const asked = { kind };
    for (const input of form.current.elements) {
      if (!input.name) continue;
      asked[input.name] =
        input.type === "checkbox" ? input.checked : input.type === "number" ? input.valueAsNumber : input.value.trim();
    }
    setState({ busy: true });
    try {
      await begin(asked);
      setState({});
      form.current.elements.name.value = "";
    } catch (error) {
      setState({ error: error.message });
    }
  };
  return html`<form ref=${form} class="begin" onSubmit=${submit}>
    <p class="hint">${say}</p>
    <div class="row">
      ${fields}
      <label>name <input type="text" name="name" size="12" required maxlength="60" /></label>
      <button class="main" disabled=${state.busy}>begin</button>
    </div>
    ${children}
    ${state.error && html`<p class="error" role="alert">${state.error}</p>`}
  </form>`;
}

const number = (name, label, value, most) => html`<label key=${name}>${label}
  <input type="number" name=${name} min="2" max=${most} step="1" required defaultValue=${value} />
</label>`;

const WAYS = {
  components: {
    label: "components",
    form: (begin) => html`<${Begin}
      key="components"
      kind="components"
      begin=${begin}
      say="What varies most over the model’s samples, and needs no labels. Independent components take the samples twice."
      fields=${[
        number("samples", "samples", 500, 100000),
        number("components", "components", 12, 100),
        html`<label key="rotate">kind
          <select name="rotate">
            <option value="none">principal</option>
            <option value="ica">independent (ICA)</option>
            <option value="varimax">varimax</option>
          </select>
        </label>`,
      ]}
    />`,
  },
  attributes: {
    label: "attributes",
    form: (begin) => html`<${Begin}
      key="attributes"
      kind="attributes"
      begin=${begin}
      say="The model’s classifier scores samples; a direction for each attribute that it knows."
      fields=${[
        number("samples", "samples", 1000, 100000),
        html`<label key="disentangled" class="check">
          <input type="checkbox" name="disentangled" defaultChecked /> each alone (disentangled)
        </label>`,
      ]}
    />`,
  },
  examples: { label: "examples", form: (begin) => html`<${Examples} key="examples" begin=${begin} />` },
  remove: { label: "remove an effect" },
};

export function Discover({ model, directions, session, changed }) {
  const [way, setWay] = useState(null);
  const { jobs, error, load } = useJobs(changed);
  const begin = useCallback(
    async (asked) => {
      await api.startJob(asked);
      await load();
    },
    [load],
  );
  const ways = Object.keys(WAYS).filter((name) => name !== "attributes" || model.annotates);
  return html`<section class="panel discover" aria-label="Discover">
    <header>
      <h2>Discover</h2>
      ${ways.map(
        (name) => html`<button
          key=${name}
          aria-pressed=${way === name}
          aria-expanded=${way === name}
          onClick=${() => setWay(way === name ? null : name)}
        >
          ${WAYS[name].label}
        </button>`,
      )}
    </header>
    ${way === "remove"
      ? html`<${Remove} directions=${directions} changed=${changed} />`
      : way && WAYS[way].form(begin)}
    ${error && html`<p class="error" role="alert">${error}</p>`}
    ${!jobs && !error && html`<p class="hint" role="status">looking for what is under way …</p>`}
    ${jobs && !jobs.length && !way && html`<p class="hint">Directions over the whole model, found in the background. Choose a way to find them.</p>`}
    ${jobs?.length > 0 &&
    html`<ul class="jobs" aria-label="Jobs">
      ${jobs.map((job) => html`<${JobCard} key=${job.job} job=${job} session=${session} reload=${load} />`)}
    </ul>`}
  </section>`;
}
