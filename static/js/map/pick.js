// Sets where an entry is: the device's location, a press on the map, or the middle of the map.

import { mapOf } from "./base.js";
import { L } from "./leaflet.js";
import { better, found, fromFields, located, nowhere, nudge, pressed, words } from "./place.js";

const SEARCH_MS = 12_000;
const GOOD_ENOUGH_M = 8;
const NEAR_ZOOM = 17;
const TYPED_ZOOM = 16;

export function attach(picker) {
  if (picker.dataset.shape) return; // lines and areas: draw.js
  const map = mapOf(picker.querySelector("[data-map]"));
  const field = (name) => picker.querySelector(`[data-${name}]`);
  const fields = { longitude: field("longitude"), latitude: field("latitude"), accuracyM: field("accuracy-m"), method: field("location-method") };
  const [status, clear, locate] = [field("status"), field("clear"), field("locate")];
  const pin = marker((key, fine) => moveBy(key, fine), (at) => set(pressed(at.lng, at.lat)));
  const ring = L.circle([0, 0], { radius: 1, className: "ring", interactive: false });
  let place = nowhere;

  const say = (text) => { status.textContent = text; };
  const set = (next, typed = true) => {
    place = next;
    for (const [name, input] of Object.entries(fields)) input.value = next[name] ?? "";
    clear.hidden = next.longitude === null;
    show(map, pin, ring, next);
    say(words(next));
    if (typed) fields.longitude.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const moveBy = (key, fine) => {
    const [right, down] = nudge(key, fine);
    const at = map.containerPointToLatLng(map.latLngToContainerPoint(pin.getLatLng()).add([right, down]));
    set(pressed(at.lng, at.lat));
  };

  map.on("click", ({ latlng }) => set(pressed(latlng.lng, latlng.lat)));
  field("centre").addEventListener("click", () => {
    const { lng, lat } = map.getCenter();
    set(pressed(lng, lat));
    pin.getElement().focus();
  });
  clear.addEventListener("click", () => { set(nowhere); locate.focus(); });
  locate.addEventListener("click", () => search(say, (found) => {
    set(found);
    map.setView([found.latitude, found.longitude], Math.max(map.getZoom(), NEAR_ZOOM), { animate: false });
  }));
  const where = picker.querySelector("[name=where]");
  where.addEventListener("change", async () => {
    const typed = where.value.trim();
    if (!typed || place.longitude !== null) return;
    const answer = await lookUp(typed);
    if (!answer || where.value.trim() !== typed || place.longitude !== null) return;
    const { at, said } = found(answer);
    if (at) map.setView(at, TYPED_ZOOM, { animate: false });
    say(said);
  });
  const held = fromFields(Object.fromEntries(Object.entries(fields).map(([name, input]) => [name, input.value])));
  if (held.longitude !== null) {
    set(held, false);
    map.setView([held.latitude, held.longitude], NEAR_ZOOM, { animate: false });
  }
}

function show(map, pin, ring, { longitude, latitude, accuracyM }) {
  if (longitude === null) {
    pin.remove();
    ring.remove();
    return;
  }
  pin.setLatLng([latitude, longitude]).addTo(map);
  if (accuracyM) ring.setLatLng([latitude, longitude]).setRadius(accuracyM).addTo(map);
  else ring.remove();
}

/** A pin that arrow keys and fingers can move. */
function marker(onKey, onDrag) {
  const shape = document.createElement("span");
  shape.className = "pin k-asset";
  const icon = L.divIcon({ className: "pin-marker", html: shape, iconSize: [36, 44], iconAnchor: [18, 43] });
  const pin = L.marker([0, 0], { icon, draggable: true, autoPan: true });
  pin.on("dragend", () => onDrag(pin.getLatLng()));
  pin.on("add", () => {
    const element = pin.getElement();
    element.setAttribute("role", "button");
    element.setAttribute("aria-label", "The pin. Arrow keys move it, with Shift by less.");
    element.addEventListener("keydown", (event) => {
      if (!event.key.startsWith("Arrow")) return;
      event.preventDefault();
      event.stopPropagation(); // else the map moves too
      onKey(event.key, event.shiftKey);
    });
  });
  return pin;
}

/** What the register makes of a place somebody typed; nothing when it cannot be asked. */
async function lookUp(typed) {
  try {
    const answer = await fetch(`/places?q=${encodeURIComponent(typed)}`, { headers: { Accept: "application/json" } });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null; // no signal: it is looked up when the form is sent
  }
}

/** Ask the device for a while, take each better answer, and say how sure it is. */
function search(say, take) {
  if (!navigator.geolocation) {
    say("This device gives no location. Press on the map, or type a postcode above.");
    return;
  }
  say("Finding where you are…");
  let best = null;
  const stop = () => navigator.geolocation.clearWatch(watch);
  const watch = navigator.geolocation.watchPosition(({ coords }) => {
    const next = better(best, located(coords));
    if (next !== best) take(best = next);
    if (best.accuracyM <= GOOD_ENOUGH_M) stop();
  }, () => {
    stop();
    if (!best) say("Your location could not be found or is not allowed. Press on the map, or type a postcode above.");
  }, { enableHighAccuracy: true, maximumAge: 0, timeout: SEARCH_MS });
  setTimeout(stop, SEARCH_MS);
}
