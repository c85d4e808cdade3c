// What lies under the pins: a PMTiles file drawn as vectors, raster tiles, or plain ground.

import { L, protomapsL } from "./leaflet.js";
import { townLabels, townPaint } from "./paint.js";

const GROUND = "#eef1ec";

/**
 * Add the base map that data-base names: 'pmtiles:URL', 'raster:URL' or 'none'.
 * archive: a PMTiles that is at hand, read instead of the URL. sharpness: dots per pixel, where
 * they are not the screen's.
 */
export function addBase(map, { base = "none", style = "", attribution = "", archive, sharpness }) {
  const [, kind, url] = base.match(/^(pmtiles|raster):(.+)$/) ?? [];
  const credit = asText(attribution);
  if (kind === "pmtiles") vector(archive ?? url, style, credit, sharpness).addTo(map);
  if (kind === "raster") L.tileLayer(url, { attribution: credit, maxNativeZoom: 19 }).addTo(map);
}

function vector(url, style, attribution, sharpness) {
  const common = { url, attribution, noWrap: true, devicePixelRatio: sharpness };
  if (style !== "town") return protomapsL.leafletLayer({ ...common, flavor: "light", lang: "en" });
  return protomapsL.leafletLayer({
    ...common, maxDataZoom: 15, backgroundColor: GROUND,
    paintRules: townPaint(protomapsL), labelRules: townLabels(protomapsL),
  });
}

/** Leaflet puts credits in as HTML; ours come from a file or a setting: keep the words only. */
function asText(html) {
  const words = new DOMParser().parseFromString(html, "text/html").body.textContent;
  const holder = document.createElement("span");
  holder.textContent = words;
  return holder.innerHTML;
}
