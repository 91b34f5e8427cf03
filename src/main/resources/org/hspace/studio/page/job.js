// One piece of long work: how far it is, what it has found, how it is ended and gone on with.
import { html, useState } from "./htm-preact.js";
import * as api from "./api.js";
import { Plot } from "./plot.js";
import { Cell, useThumbs } from "./thumbs.js";

const KINDS = { components: "components", attributes: "attributes", examples: "examples" };
const UNIT = 1.5; // standard deviations at which a component is shown

function clock(seconds) {
  const two = (n) => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

function standing(job) {
  if (job.state === "waiting") return "waits for its turn";
  if (job.state === "done") return "done; its directions are sliders now";
  if (job.state === "cancelled") return "cancelled; what is known is kept, to go on from";
  if (job.state === "failed") return null;
  const left = job.seconds_left == null ? "" : `, ${clock(job.seconds_left)} left`;
  const from = job.gone_on_from ? `, gone on from ${job.gone_on_from}` : "";
  return job.total ? `${job.stage}: ${job.done} of ${job.total} ${job.unit}${left}${from}` : `${job.stage ?? "begins"} …`;
}

/** What a component does at − and +, as far as it is known. */
function Known({ job, name, session }) {
  const [ref, url] = useThumbs(session, `job:${job.job}:${name}`, UNIT, job.version);
  return html`<li ref=${ref} class="known">
    <span class="pair">
      <${Cell} url=${url} index=${0} count=${2} label=${`${name} at −`} />
      <${Cell} url=${url} index=${1} count=${2} label=${`${name} at +`} />
    </span>
    <span class="hint">${name}</span>
  </li>`;
}

export function JobCard({ job, session, reload }) {
  const [error, setError] = useState(null);
  const act = (work) => async () => {
    try {
      setError(null);
      await work(job.job);
      await reload();
    } catch (failure) {
      setError(failure.message);
    }
  };
  const open = job.state === "waiting" || job.state === "running";
  const explained = job.figures.mean_explained_variance_ratio;
  const said = standing(job);
  return html`<li class=${`job ${job.state}`} data-state=${job.state}>
    <div class="row head">
      <strong>${job.name}</strong>
      <span class="hint">${KINDS[job.kind]}</span>
      ${open && html`<button onClick=${act(api.cancelJob)} aria-label=${`cancel ${job.name}`}>cancel</button>`}
      ${(job.state === "cancelled" || job.state === "failed") &&
      html`<button onClick=${act(api.resumeJob)} aria-label=${`go on with ${job.name}`}>go on</button>`}
      ${!open && html`<button onClick=${act(api.removeJob)} aria-label=${`remove ${job.name} from the list`}>remove</button>`}
    </div>
    ${open &&
    html`<progress
      aria-label=${`progress of ${job.name}`}
      max=${job.total || 1}
      value=${job.state === "running" && job.total ? job.done : 0}
    ></progress>`}
    ${said && html`<p class="hint" role=${open ? null : "status"}>${said}</p>`}
    ${job.error && html`<p class="error" role="alert">${job.error}</p>`}
    ${error && html`<p class="error" role="alert">${error}</p>`}
    ${job.notes.map((note) => html`<p class="hint" key=${note}>${note}</p>`)}
    ${explained && html`<${Plot} names=${job.figures.names} explained=${explained} stability=${job.figures.stability} />`}
    ${job.known.length > 0 &&
    html`<ul class="knowns" aria-label=${`what ${job.name} knows so far`}>
      ${job.known.map((name) => html`<${Known} key=${name} job=${job} name=${name} session=${session} />`)}
    </ul>`}
    <details>
      <summary>commands</summary>
      <pre tabindex="0">${job.commands}</pre>
    </details>
  </li>`;
}
