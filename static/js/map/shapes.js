// Outlines for orientation: a ward, the area that an offer covers.

import { fit, outlined } from "./base.js";
import { block } from "./block.js";
import { L } from "./leaflet.js";

export function add(map, element) {
  const style = { className: "shape shape--outline" };
  const layer = L.geoJSON(block(element.dataset.shapes), {
    style, interactive: false, pointToLayer: (_, at) => L.circleMarker(at, { radius: 4, ...style }),
  }).addTo(map);
  outlined.set(map, layer.getBounds());
  if (element.dataset.keepBounds === undefined) fit(map, layer.getBounds());
}
