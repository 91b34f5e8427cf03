// The share of the variance that components explain: each, and all up to it; and how stable each is.
import { html } from "./htm-preact.js";

const WIDTH = 440;
const HEIGHT = 160;
const LEFT = 44;
const BOTTOM = 26;
const TOP = 20;

const percent = (share) => `${(100 * share).toFixed(share && share < 0.1 ? 1 : 0)} %`;

export function Plot({ names, explained, stability }) {
  const together = [];
  explained.reduce((sum, share, i) => (together[i] = sum + share), 0);
  const top = stability ? 1 : Math.min(1, Math.ceil(together.at(-1) * 10) / 10);
  const step = (WIDTH - LEFT) / explained.length;
  const x = (i) => LEFT + (i + 0.5) * step;
  const y = (share) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - share / top);
  const every = Math.ceil(explained.length / 9);
  const said = `${names.length} components explain ${percent(together.at(-1))} of the variance, ${names[0]} alone ${percent(explained[0])}`;
  return html`<figure class="plot">
    <svg viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label=${said}>
      ${[0, top / 2, top].map(
        (tick) => html`<g key=${tick}>
          <line class="rule" x1=${LEFT} x2=${WIDTH} y1=${y(tick)} y2=${y(tick)} />
          <text x=${LEFT - 6} y=${y(tick) + 4} text-anchor="end">${percent(tick)}</text>
        </g>`,
      )}
      ${explained.map(
        (share, i) => html`<g key=${names[i]}>
          <title>${`${names[i]}: ${percent(share)}, together ${percent(together[i])}${stability ? `, stability ${stability[i].toFixed(2)}` : ""}`}</title>
          <rect class="bar" x=${x(i) - step * 0.35} width=${step * 0.7} y=${y(share)} height=${y(0) - y(share)} />
          ${stability && html`<circle class="stability" cx=${x(i)} cy=${y(stability[i])} r="4" />`}
          ${i % every === 0 && html`<text x=${x(i)} y=${HEIGHT - 8} text-anchor="middle">${names[i]}</text>`}
        </g>`,
      )}
      <polyline class="together" points=${together.map((share, i) => `${x(i)},${y(share)}`).join(" ")} />
    </svg>
    <figcaption class="hint">
      variance explained: each (bars), together (line)${stability ? ", stability (dots)" : ""}
    </figcaption>
  </figure>`;
}
