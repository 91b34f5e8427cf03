// A mask that is drawn on the picture, and the directions that are found under it.
import { html, useEffect, useRef, useState } from "./htm-preact.js";
import { find } from "./api.js";

const BRUSH = 0.07; // of the picture's width

/** The canvas over the picture, of the model's size: white is inside. */
export function MaskCanvas({ mask, tool, model }) {
  const hand = useRef(null);
  const at = (event) => {
    const box = event.target.getBoundingClientRect();
    return [
      ((event.clientX - box.left) / box.width) * model.width,
      ((event.clientY - box.top) / box.height) * model.height,
    ];
  };
  const draw = (event) => {
    const context = mask.current.getContext("2d", { willReadFrequently: true });
    const [x, y] = at(event);
    context.fillStyle = context.strokeStyle = "#fff";
    if (tool === "rectangle") {
      const { x: left, y: top, before } = hand.current;
      context.putImageData(before, 0, 0);
      context.fillRect(Math.round(Math.min(left, x)), Math.round(Math.min(top, y)),
        Math.round(Math.abs(x - left)), Math.round(Math.abs(y - top)));
    } else {
      context.lineWidth = 2 * BRUSH * model.width;
      context.lineCap = "round";
      context.beginPath();
      context.moveTo(hand.current.x, hand.current.y);
      context.lineTo(x, y + 0.01);
      context.stroke();
      hand.current = { ...hand.current, x, y };
    }
  };
  return html`<canvas
    ref=${mask}
    class="mask"
    width=${model.width}
    height=${model.height}
    role="img"
    aria-label="the mask"
    onPointerDown=${(event) => {
      event.target.setPointerCapture(event.pointerId);
      const [x, y] = at(event);
      const before = mask.current.getContext("2d", { willReadFrequently: true }).getImageData(0, 0, model.width, model.height);
      hand.current = { x, y, before };
      draw(event);
    }}
    onPointerMove=${(event) => hand.current && draw(event)}
    onPointerUp=${() => (hand.current = null)}
  ></canvas>`;
}

/** The mask as a PNG without transparency; null where nothing is drawn, for the whole picture. */
function png(canvas) {
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
  let any = false;
  for (let i = 0; i < pixels.data.length; i += 4) {
    const inside = pixels.data[i + 3] > 127;
    any ||= inside;
    pixels.data.fill(inside ? 255 : 0, i, i + 3);
    pixels.data[i + 3] = 255;
  }
  if (!any) return Promise.resolve(null);
  const copy = document.createElement("canvas");
  copy.width = canvas.width;
  copy.height = canvas.height;
  copy.getContext("2d", { willReadFrequently: true }).putImageData(pixels, 0, 0);
  return new Promise((done) => copy.toBlob(done, "image/png"));
}

export function invert(canvas) {
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
  for (let i = 0; i < pixels.data.length; i += 4) {
    const inside = pixels.data[i + 3] > 127;
    pixels.data.fill(255, i, i + 3);
    pixels.data[i + 3] = inside ? 0 : 255;
  }
  context.putImageData(pixels, 0, 0);
}

/** Tools, a rectangle by numbers for those without a pointer, and the search. */
export function MaskTools({ mask, tool, setTool, model, session, found }) {
  const [state, setState] = useState({});
  const box = useRef();
  useEffect(() => setState({}), [session]);
  const clear = () => mask.current.getContext("2d", { willReadFrequently: true }).clearRect(0, 0, model.width, model.height);
  const search = async () => {
    setState({ busy: true });
    try {
      found(await find(session, await png(mask.current)));
      setState({ done: true });
    } catch (error) {
      setState({ error: error.message });
    }
  };
  const byNumbers = () => {
    const [x, y, w, h] = box.current.value.split(",").map(Number);
    if (![x, y, w, h].every(Number.isFinite)) return setState({ error: "The rectangle is x,y,w,h in pixels." });
    clear();
    const context = mask.current.getContext("2d", { willReadFrequently: true });
    context.fillStyle = "#fff";
    context.fillRect(x, y, w, h);
  };
  return html`<section class="panel" aria-label="Directions of this picture">
    <header>
      <h2>Directions here</h2>
      ${["brush", "rectangle"].map(
        (name) => html`<button key=${name} aria-pressed=${tool === name} onClick=${() => setTool(tool === name ? null : name)}>
          ${name}
        </button>`,
      )}
      <button disabled=${!tool} onClick=${() => invert(mask.current)}>invert</button>
      <button disabled=${!tool} onClick=${clear}>clear</button>
      <button class="main" disabled=${!tool || !session || state.busy} onClick=${search}>
        ${state.busy ? "looking …" : "find directions"}
      </button>
    </header>
    ${tool &&
    html`<p class="row">
      <label>or a rectangle x,y,w,h <input ref=${box} type="text" size="11" placeholder="18,34,28,18" onChange=${byNumbers} /></label>
    </p>`}
    <p class=${state.error ? "error hint" : "hint"} role=${state.error ? "alert" : "status"}>
      ${state.error ??
      (state.busy
        ? "taking the derivative of the picture, and trying what it says …"
        : state.done
          ? "found; they are sliders now, under “this picture”"
          : "Draw on the picture what is to change; nothing drawn is all of it.")}
    </p>
  </section>`;
}
