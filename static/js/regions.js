// Marking a part of a picture with a pointer: drag for a rectangle, tap corner after corner for
// another shape. The boxes of the form stay what is sent, and what is typed there is drawn at once.

const NUMBERS = ["left", "top", "width", "height"];
const SHORTEST = 2; // hundredths: less is a tap

export function attach(form) {
  const marked = document.querySelector(".drawn-on");
  const svg = marked?.querySelector("svg");
  if (!svg) return;
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "polygon");
  shape.classList.add("drawing");
  svg.append(shape);
  marked.classList.add("draws");
  form.querySelector("[data-pointer]").hidden = false;
  let from = null;

  const say = (values) => {
    for (const [name, value] of Object.entries(values)) form.elements[name].value = value;
    draw(form, shape);
  };
  const drag = (event) => {
    const to = place(event, marked);
    const [left, right] = [from[0], to[0]].sort((a, b) => a - b);
    const [top, foot] = [from[1], to[1]].sort((a, b) => a - b);
    if (right - left < SHORTEST || foot - top < SHORTEST) return false;
    say({ left, top, width: round(right - left), height: round(foot - top), corners: "" });
    return true;
  };

  marked.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    marked.setPointerCapture(event.pointerId);
    from = place(event, marked);
  });
  marked.addEventListener("pointermove", (event) => from && drag(event));
  marked.addEventListener("pointercancel", () => (from = null));
  marked.addEventListener("pointerup", (event) => {
    if (!from) return;
    if (!drag(event)) {
      const corners = `${form.elements.corners.value} ${from.join(",")}`.trim();
      say({ left: "", top: "", width: "", height: "", corners });
    }
    from = null;
  });
  form.addEventListener("input", () => draw(form, shape));
  draw(form, shape);
}

/** Where a pointer is on the picture, in hundredths of it from the left and from the top. */
function place(event, marked) {
  const box = marked.getBoundingClientRect();
  const across = ((event.clientX - box.left) / box.width) * 100;
  const down = ((event.clientY - box.top) / box.height) * 100;
  return [across, down].map((one) => round(Math.min(100, Math.max(0, one))));
}

function round(number) {
  return Math.round(number * 10) / 10;
}

/** Show on the picture what the boxes say. */
function draw(form, shape) {
  const corners = form.elements.corners.value.trim();
  const [left, top, width, height] = NUMBERS.map((name) => parseFloat(form.elements[name].value));
  const right = left + width;
  const foot = top + height;
  const typed = [`${left},${top}`, `${right},${top}`, `${right},${foot}`, `${left},${foot}`];
  const isWhole = [left, top, width, height].every(Number.isFinite);
  const asked = /^[\d.,\s]+$/.test(corners) ? corners : isWhole ? typed.join(" ") : "";
  shape.setAttribute("points", asked);
}
