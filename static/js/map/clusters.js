// Everything else that the search finds in view: points, and clusters where there are many.

import { boxOf, clusterAddress } from "./address.js";
import { block } from "./block.js";
import { L, still } from "./leaflet.js";
import { placed } from "./names.js";
import { clusterMarker, opening, pinMarker, popup } from "./pins.js";
import { pinsOf } from "./results.js";
import { clear, filling } from "./spread.js";

const SETTLE_MS = 180; // a person still moving the map needs no answer yet

export function add(map, element) {
  const shown = L.layerGroup().addTo(map);
  const listed = element.dataset.results ? placed(block(element.dataset.results)).map(({ uid }) => uid) : [];
  let asking = null;
  let timer = 0;

  async function refresh() {
    if (!element.clientWidth) return;
    asking?.abort();
    asking = new AbortController();
    const address = clusterAddress(element.dataset.clusters, location.href, boxOf(map.getBounds()), map.getZoom(), listed);
    try {
      const answer = await fetch(address, { signal: asking.signal, headers: { Accept: "application/json" } });
      if (!answer.ok) return; // the list still has everything
      const { features } = await answer.json();
      draw(map, shown, features);
      element.dataset.clustered = String(shown.getLayers().length);
    } catch (error) {
      if (error.name !== "AbortError") console.warn("The map could not be filled", error);
    }
  }

  map.on("moveend resize", () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, SETTLE_MS);
  });
  refresh();
}

/** Replace what is shown: an open popup stays, focus on a vanishing pin goes to the map. */
function draw(map, shown, features) {
  const layers = shown.getLayers();
  const open = layers.find((layer) => layer.isPopupOpen?.());
  const held = layers.find((layer) => layer.getElement() === document.activeElement);
  if (held && held !== open) map.getContainer().focus({ preventScroll: true });
  for (const layer of layers) if (layer !== open) shown.removeLayer(layer);

  const pixel = (at) => map.latLngToContainerPoint(at);
  const pins = pinsOf(map)?.getLayers().map((pin) => middle(pixel(pin.getLatLng()))) ?? [];
  if (open) pins.push(middle(pixel(open.getLatLng())));
  pins.push(...controls(map.getContainer()));
  const items = features
    .filter(({ properties }) => !open || properties.uid !== open.uid)
    .map(({ geometry: { coordinates: [longitude, latitude] }, properties }) => {
      const { x, y } = pixel([latitude, longitude]);
      return { x, y, at: [latitude, longitude], count: properties.cluster ? properties.count : 1, properties };
    });
  for (const item of clear(items, pins)) marker(map, item).addTo(shown);
}

/** The middle of a pin's head, which is what a cluster may not cover. */
const middle = ({ x, y }) => ({ x, y: y - 24 });

/** Where the buttons and the credit of the map are. */
function controls(container) {
  const frame = container.getBoundingClientRect();
  return [...container.querySelectorAll(".leaflet-control")].flatMap((control) => {
    const { left, top, width, height } = control.getBoundingClientRect();
    return filling({ left: left - frame.left, top: top - frame.top, width, height });
  });
}

function marker(map, { x, y, at, count, properties, moved, merged }) {
  if (!properties.cluster && !moved && !merged) {
    const pin = pinMarker(properties, at);
    pin.uid = properties.uid;
    return pin.bindPopup(() => popup([properties]), opening(map));
  }
  const cluster = clusterMarker(count, moved ? map.containerPointToLatLng([x, y]) : at);
  return cluster.on("click", () => zoomTo(map, at));
}

/** Two steps nearer; the map takes the focus that the vanishing cluster had. */
function zoomTo(map, at) {
  map.getContainer().focus({ preventScroll: true });
  map.setView(at, Math.min(map.getZoom() + 2, map.getMaxZoom()), { animate: !still });
}
