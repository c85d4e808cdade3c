// Covers faces and number plates: two taps are the corners of a box, or arrow keys and Enter.

import { button, h } from "./dom.js";
import { blackOut, boxOf } from "./photo.js";

const STEP = 0.02; // of the picture's longer side, for an arrow key; Shift moves a quarter of it
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const FIRST = "Tap one corner of a face or a number plate, then the opposite corner.";
const SECOND = "Now the opposite corner.";
const UNFINISHED = "Nothing is covered there yet: tap the opposite corner, or press Undo.";

/** Show a picture to cover parts of. Resolves with true to keep it, false to leave it out. */
export function cover(canvas, host) {
  return new Promise((resolve) => {
    const view = h("canvas", { tabindex: "0", role: "application", "aria-label": "The photo. Arrow keys move the cross, Enter sets a corner.", class: "walk-photo" });
    const said = h("p", { role: "status" }, FIRST);
    const boxes = [];
    let first = null;
    let cross = [canvas.width / 2, canvas.height / 2];

    const draw = () => {
      Object.assign(view, { width: canvas.width, height: canvas.height });
      const context = view.getContext("2d");
      context.drawImage(canvas, 0, 0);
      blackOut(view, boxes);
      mark(context, cross, first);
      undo.disabled = !boxes.length && !first;
    };
    const corner = (point) => {
      cross = point;
      if (first) boxes.push(boxOf(first, point, canvas));
      first = first ? null : point;
      said.textContent = first ? SECOND : `${boxes.length} covered. ${FIRST}`;
      draw();
    };
    const undo = button("Undo", () => {
      if (first) first = null;
      else boxes.pop();
      said.textContent = FIRST;
      draw();
    });
    view.addEventListener("click", ({ offsetX, offsetY }) => corner([
      (offsetX / view.clientWidth) * canvas.width, (offsetY / view.clientHeight) * canvas.height,
    ]));
    view.addEventListener("keydown", (event) => {
      const way = ARROWS[event.key];
      if (way) {
        const step = Math.max(canvas.width, canvas.height) * (event.shiftKey ? STEP / 4 : STEP);
        cross = [cross[0] + way[0] * step, cross[1] + way[1] * step];
        cross = [Math.min(Math.max(cross[0], 0), canvas.width), Math.min(Math.max(cross[1], 0), canvas.height)];
        draw();
      } else if (event.key === "Enter" || event.key === " ") corner(cross);
      else return;
      event.preventDefault();
    });
    const end = (keep) => {
      if (keep && first) { // somebody who drew a box in one stroke has set one corner
        said.textContent = UNFINISHED;
        host.firstElementChild.scrollIntoView({ block: "start" });
        return;
      }
      if (keep) blackOut(canvas, boxes);
      host.replaceChildren();
      resolve(keep);
    };
    host.replaceChildren(h(
      "section", { class: "walk-cover", "aria-label": "Cover faces and number plates" },
      said, view,
      h("div", { class: "walk-row" }, undo, button("Leave it out", () => end(false)), button("Use photo", () => end(true), { class: "walk-button is-main" })),
    ));
    draw();
    view.focus({ preventScroll: true });
    host.firstElementChild.scrollIntoView({ block: "start" });
  });
}

function mark(context, [x, y], first) {
  const arm = Math.max(context.canvas.width, context.canvas.height) / 16;
  for (const [colour, width] of [["#fff", arm / 4], ["#a3212f", arm / 9]]) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    for (const [cx, cy] of first ? [[x, y], first] : [[x, y]]) {
      context.moveTo(cx - arm, cy);
      context.lineTo(cx + arm, cy);
      context.moveTo(cx, cy - arm);
      context.lineTo(cx, cy + arm);
    }
    context.stroke();
  }
}
