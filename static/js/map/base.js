// Makes a Leaflet map out of an element with data-map, ready for keys, fingers and screen readers.

import { cornersOf } from "./address.js";
import { addBase } from "./basemap.js";
import { L, still } from "./leaflet.js";

const MAX_ZOOM = 19;
const SINGLE_ZOOM = 16; // how near to go when everything is at one spot
const maps = new WeakMap();

/** The map of an element, or undefined when it has none yet. */
export const mapOf = (element) => maps.get(element);

/** Make the map, show its base and its opening view. */
export function createMap(element) {
  const map = L.map(element, {
    maxZoom: MAX_ZOOM, zoomAnimation: !still, fadeAnimation: !still, inertia: !still,
    keyboardPanDelta: 120, scrollWheelZoom: false, attributionControl: false, zoomSnap: 0.5, worldCopyJump: false,
  });
  L.control.attribution({ prefix: "Leaflet" }).addTo(map);
  element.querySelector(".map-bare")?.remove();
  const corners = cornersOf(element.dataset.bounds) ?? [[49.8, -8.7], [60.9, 1.8]];
  map.fitBounds(corners, { animate: false });
  addBase(map, element.dataset);
  maps.set(element, map);
  followSize(map, element);
  // The wheel belongs to the page until the map is the thing in use.
  map.on("focus click", () => map.scrollWheelZoom.enable());
  map.on("blur mouseout", () => map.scrollWheelZoom.disable());
  return map;
}

/** Map → the bounds of the outline drawn on it, which its pins are to be seen in. */
export const outlined = new WeakMap();

/** Show these bounds with room for the pins; `bounds` may be empty. */
export function fit(map, bounds) {
  if (bounds.isValid()) {
    map.fitBounds(bounds, { animate: false, maxZoom: SINGLE_ZOOM, paddingTopLeft: [76, 50], paddingBottomRight: [28, 28] });
  }
}

/** A map that was hidden (List on a phone), resized or printed is measured again. */
function followSize(map, element) {
  new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(element);
  addEventListener("beforeprint", () => {
    map.closePopup();
    element.toggleAttribute("data-unseen", element.offsetWidth === 0); // its ground was never drawn
    map.invalidateSize({ animate: false });
  });
}
