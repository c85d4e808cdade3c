// The results of this page as numbered pins; list and map show each other's entries.

import { fit, outlined } from "./base.js";
import { block } from "./block.js";
import { L, still } from "./leaflet.js";
import { placed } from "./names.js";
import { opening, pinMarker, popup } from "./pins.js";
import { stacks } from "./spread.js";

const SHOW_ZOOM = 17;
const groups = new WeakMap();

/** The layer of numbered pins on a map, or undefined: clusters keep clear of them. */
export const pinsOf = (map) => groups.get(map);

export function add(map, element) {
  const entries = block(element.dataset.results);
  const bounds = L.latLngBounds([]);
  for (const entry of entries.filter(({ geometry }) => geometry && geometry.type !== "Point")) {
    const style = { className: `shape k-${entry.kind}` };
    bounds.extend(L.geoJSON(entry.geometry, { style, interactive: false }).addTo(map).getBounds());
  }
  const points = placed(entries);
  for (const { latitude, longitude } of points) bounds.extend([latitude, longitude]);
  if (outlined.has(map)) bounds.extend(outlined.get(map));
  const keep = element.dataset.keepBounds !== undefined;
  if (!keep) fit(map, bounds);

  const pins = L.layerGroup().addTo(map);
  const markers = new Map(); // number → the pin that stands for it at this zoom
  groups.set(map, pins);
  const draw = () => drawPins(map, pins, markers, points);
  draw();
  map.on("zoomend", draw);
  lightFromList(markers);
  showFromList(map, element, markers, keep ? L.latLngBounds([]) : bounds);
}

/** One pin for each entry, or for several that would cover one another at this zoom. */
function drawPins(map, pins, markers, points) {
  const focused = [...markers].find(([, marker]) => marker.getElement() === document.activeElement)?.[0];
  pins.clearLayers();
  markers.clear();
  const at = points.map(({ latitude, longitude }) => map.project([latitude, longitude]));
  for (const members of stacks(at)) {
    const here = members.map((index) => points[index]);
    const marker = pinMarker(here[0], [here[0].latitude, here[0].longitude], here.length - 1);
    marker.bindPopup(() => popup(here), opening(map)).addTo(pins);
    for (const { number } of here) if (number) markers.set(String(number), marker);
    lightFromMap(marker, here);
  }
  markers.get(focused)?.getElement().focus({ preventScroll: true });
}

const card = (number) => document.querySelector(`[data-result="${number}"]`);
const events = [["mouseenter", true], ["mouseleave", false], ["focusin", true], ["focusout", false]];

function lightFromMap(marker, entries) {
  for (const [event, on] of events) {
    marker.getElement().addEventListener(event, () => {
      for (const { number } of entries) card(number)?.classList.toggle("is-on", on);
    });
  }
}

function lightFromList(markers) {
  for (const one of document.querySelectorAll("[data-result]")) {
    for (const [event, on] of events) {
      one.addEventListener(event, () => {
        markers.get(one.dataset.result)?.getElement().classList.toggle("is-on", on);
      });
    }
  }
}

/** 'Show on map' goes to the pin; Esc there comes back to the same button. */
function showFromList(map, element, markers, bounds) {
  const split = element.closest("[data-split]");
  const want = (view) => split?.dispatchEvent(new CustomEvent("want-view", { detail: view }));
  let cameFrom = null;
  for (const button of document.querySelectorAll("[data-show]")) {
    if (!markers.has(button.dataset.show)) {
      button.hidden = true;
      continue;
    }
    button.addEventListener("click", () => {
      cameFrom = button;
      want("map");
      map.once("moveend", () => {
        const marker = markers.get(button.dataset.show);
        marker.openPopup();
        marker.getElement().focus({ preventScroll: true });
      });
      const at = markers.get(button.dataset.show).getLatLng();
      map.setView(at, Math.max(map.getZoom(), SHOW_ZOOM), { animate: !still });
    });
  }
  // A map first seen when Map is pressed on a phone had no size to fit the pins into.
  let fitted = element.clientWidth > 0;
  split?.addEventListener("view", ({ detail }) => {
    if (detail !== "map" || fitted) return;
    fitted = true;
    map.invalidateSize({ animate: false });
    if (!cameFrom) fit(map, bounds);
  });
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !cameFrom || document.body.classList.contains("is-drawing")) return;
    map.closePopup();
    want("list");
    cameFrom.focus();
    cameFrom = null;
  });
}
