// The maps of a paper pack: one to look at on a screen, the others laid out for A4 and printed.
// The page is one file that fetches nothing; what people wrote is only ever set as text.

import { addBase } from "../map/basemap.js";
import { block } from "../map/block.js";
import { L } from "../map/leaflet.js";
import { spread } from "./labels.js";

const DOTS_PER_PIXEL = 2; // of what is printed
const shown = block("shown");
const ground = document.getElementById("ground") ? block("ground") : null;

/** Called by the script that folium writes, once for each map. box: w, s, e, n in degrees. */
globalThis.drawPlaces = (map, [west, south, east, north]) => {
  const isPrinted = map.getContainer().closest(".paper-map") !== null;
  map.setMaxZoom(19);
  map.fitBounds([[south, west], [north, east]], { animate: false, padding: [6, 6] });
  L.control.attribution({ prefix: false }).addTo(map);
  if (ground) {
    const { style, attribution } = ground;
    const sharpness = isPrinted ? DOTS_PER_PIXEL : undefined;
    addBase(map, { base: "pmtiles:inside", archive: archive(), style, attribution, sharpness });
  }
  if (shown.area) L.geoJSON(shown.area, { style: { className: "planned" }, interactive: false }).addTo(map);
  const layer = L.layerGroup().addTo(map);
  const isOverview = isPrinted && shown.sheets.length > 0 && map.getContainer().closest(".paper-map--first") !== null;
  const put = () => (isOverview ? putSheets(layer) : putNumbers(map, layer, isPrinted));
  put();
  if (isPrinted) settle(map);
  else map.on("zoomend", put);
  addEventListener("beforeprint", () => map.closePopup());
};

/** The base map, read from the bytes in this very file. */
function archive() {
  const bytes = Uint8Array.from(atob(ground.archive), (letter) => letter.charCodeAt(0));
  const source = {
    getKey: () => "inside",
    getBytes: async (offset, length) => ({ data: bytes.buffer.slice(offset, offset + length) }),
  };
  return new globalThis.pmtiles.PMTiles(source);
}

function putNumbers(map, layer, isPrinted) {
  layer.clearLayers();
  const here = shown.places.filter(({ at }) => !isPrinted || map.getBounds().contains(at));
  const height = isPrinted ? 17 : 26;
  const boxes = here.map(({ number, at }) => {
    const { x, y } = map.latLngToContainerPoint(at);
    return { x, y: y - height * 0.8, width: height * (0.55 + 0.42 * String(number).length) + 4, height };
  });
  const spots = spread(boxes, isPrinted ? map.getSize() : null);
  here.forEach((place, index) => {
    const spot = map.containerPointToLatLng([spots[index].x, spots[index].y]);
    L.polyline([place.at, spot], { className: "leader", interactive: false }).addTo(layer);
    L.circleMarker(place.at, { radius: 2.5, className: "spot", interactive: false }).addTo(layer);
    badge(place, spot, boxes[index], isPrinted).addTo(layer);
  });
}

/** Where too many numbers lie together, the first map only says which of the others to look at. */
function putSheets(layer) {
  for (const { at } of shown.places) {
    L.circleMarker(at, { radius: 2.5, className: "spot", interactive: false }).addTo(layer);
  }
  for (const { name, box: [west, south, east, north] } of shown.sheets) {
    L.rectangle([[south, west], [north, east]], { className: "sheet-box", interactive: false }).addTo(layer);
    const letter = document.createElement("span");
    letter.className = "sheet-name";
    letter.textContent = name;
    const icon = L.divIcon({ className: "mark-holder", html: letter, iconSize: [26, 26], iconAnchor: [0, 0] });
    L.marker([north, west], { icon, interactive: false, keyboard: false }).addTo(layer);
  }
}

function badge(place, at, { width, height }, isPrinted) {
  const mark = document.createElement("span");
  mark.className = `mark k-${place.kind}${place.due ? " is-due" : ""}`;
  mark.textContent = place.number;
  const icon = L.divIcon({ className: "mark-holder", html: mark, iconSize: [width, height] });
  const marker = L.marker(at, { icon, interactive: !isPrinted, keyboard: !isPrinted, riseOnHover: true });
  if (isPrinted) return marker;
  marker.on("add", () => {
    const element = marker.getElement();
    element.setAttribute("role", "button");
    element.setAttribute("aria-label", `${place.number}. ${place.title}, ${place.called}`);
  });
  return marker.bindPopup(() => words(place));
}

function words(place) {
  const box = document.createElement("div");
  const lines = [["h3", `${place.number}. ${place.title}`], ["p", place.called], ["p", place.where]];
  for (const [tag, text] of lines) {
    if (!text) continue;
    const element = document.createElement(tag);
    element.textContent = text;
    box.append(element);
  }
  return box;
}

/** What is printed does not move, and is no stop for the keyboard. */
function settle(map) {
  for (const handler of ["dragging", "scrollWheelZoom", "doubleClickZoom", "boxZoom", "keyboard", "touchZoom"]) map[handler]?.disable();
  map.zoomControl?.remove();
  map.getContainer().removeAttribute("tabindex");
}
