// Draws a line or an area without a drag: press to add points, or move the map under a cross.

import { fit } from "./base.js";
import { L } from "./leaflet.js";
import { advice, canFinish, empty, finished, fromText, toGeometry, undone, withPoint } from "./sketch.js";

const CORNER = 14;

export function add(map, element) {
  const section = element.closest("[data-map-section]");
  const field = document.getElementById(element.dataset.draw);
  const kind = element.dataset.drawKind;
  const find = (name) => section.querySelector(`[data-draw-${name}]`);
  const [start, centre, undo, finish, clear, status] = ["start", "centre", "undo", "finish", "clear", "status"].map(find);
  const shown = L.layerGroup().addTo(map);
  const cross = crosshair(section.querySelector(".map-frame"));
  let sketch = fromText(kind, field.value);
  let drawing = false;

  const render = () => {
    paint(shown, sketch);
    start.hidden = drawing;
    for (const part of [centre, undo, finish]) part.hidden = !drawing;
    clear.hidden = !sketch.points.length;
    undo.disabled = !sketch.points.length;
    finish.disabled = !canFinish(sketch);
    cross.hidden = !drawing;
    section.classList.toggle("is-drawing", drawing);
    document.body.classList.toggle("is-drawing", drawing);
    status.textContent = drawing || sketch.done ? advice(sketch) : "";
  };
  const change = (next) => { sketch = next; render(); };
  const write = () => {
    field.value = sketch.done ? JSON.stringify(toGeometry(sketch)) : "";
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const stop = () => { drawing = false; map.doubleClickZoom.enable(); };

  start.addEventListener("click", () => {
    drawing = true;
    map.closePopup(); // a press on its links would leave the page
    map.doubleClickZoom.disable(); // two quick points are two points
    change(empty(kind));
    centre.focus();
  });
  map.on("click", ({ latlng }) => drawing && change(withPoint(sketch, latlng.lng, latlng.lat)));
  centre.addEventListener("click", () => {
    const { lng, lat } = map.getCenter();
    change(withPoint(sketch, lng, lat));
  });
  undo.addEventListener("click", () => change(undone(sketch)));
  finish.addEventListener("click", () => {
    stop();
    change(finished(sketch));
    write();
    start.focus();
    if (element.dataset.drawSubmit !== undefined) field.form.requestSubmit();
  });
  clear.addEventListener("click", () => {
    stop();
    change(empty(kind));
    write();
    start.focus();
  });
  section.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && drawing) { stop(); change(empty(kind)); start.focus(); }
  });
  start.disabled = false; // pressed before, it would have been lost
  render();
  if (sketch.done && !element.dataset.results) fit(map, L.latLngBounds(sketch.points.map(flip)));
}

const flip = ([longitude, latitude]) => [latitude, longitude];

function paint(shown, { kind, points, done }) {
  shown.clearLayers();
  const at = points.map(flip);
  const style = { className: "sketch", interactive: false };
  if (kind === "polygon" && points.length > 2) L.polygon(at, style).addTo(shown);
  else if (points.length > 1) L.polyline(at, { ...style, fill: false }).addTo(shown);
  if (done) return;
  for (const point of at) {
    const icon = L.divIcon({ className: "corner", iconSize: [CORNER, CORNER] });
    L.marker(point, { icon, interactive: false, keyboard: false }).addTo(shown);
  }
}

function crosshair(frame) {
  const cross = document.createElement("div");
  cross.className = "crosshair";
  cross.hidden = true;
  frame.append(cross);
  return cross;
}
