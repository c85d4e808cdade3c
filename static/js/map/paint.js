// How the demo town's base map looks: quiet, so that pins stand out.

const LINE_GROWTH = 1.6; // lines widen by this with each zoom

const among = (kinds) => (zoom, feature) => kinds.includes(feature.props.kind);
const widening = (width) => (zoom) => Math.max(0.4, width * LINE_GROWTH ** (zoom - 14));

/** Paint rules, bottom first. `draw` is the protomaps-leaflet library. */
export function townPaint(draw) {
  const area = (dataLayer, fill, kinds, minzoom) => ({
    dataLayer, minzoom, filter: kinds && among(kinds), symbolizer: new draw.PolygonSymbolizer({ fill }),
  });
  const line = (kinds, color, width, minzoom) => ({
    dataLayer: "roads", minzoom, filter: among(kinds),
    symbolizer: new draw.LineSymbolizer({ color, width: widening(width) }),
  });
  return [
    area("green", "#f4f3ef", ["urban"]),
    area("green", "#eceaf0", ["industrial"]),
    area("green", "#d9ead3", ["park"]),
    area("green", "#cfe0cb", ["wood"]),
    area("water", "#b9d6e6"),
    area("buildings", "#e5e1da", undefined, 14),
    line(["residential", "tertiary"], "#dcd8d0", 5.2, 12),
    line(["residential", "tertiary"], "#fff", 3.6, 12),
    line(["secondary"], "#d6cfbf", 8, 10),
    line(["secondary"], "#fffdf6", 6, 10),
    line(["primary"], "#dccb9c", 10, 8),
    line(["primary"], "#fbecc6", 8, 8),
    line(["rail"], "#9aa0ad", 2, 10),
    {
      dataLayer: "wards",
      symbolizer: new draw.LineSymbolizer({ color: "rgba(107,91,149,.5)", width: 1.6, dash: [5, 3] }),
    },
  ];
}

/** Names: places always, streets when near. */
export function townLabels(draw) {
  const font = '"Public Sans", Arial, sans-serif';
  return [
    {
      dataLayer: "places",
      symbolizer: new draw.CenteredTextSymbolizer({
        labelProps: ["name"], fill: "#3b4252", stroke: "#fff", width: 2,
        font: (zoom, feature) => `${feature.props.kind === "town" ? 17 : 13}px ${font}`,
      }),
    },
    {
      dataLayer: "roads", minzoom: 15,
      symbolizer: new draw.LineLabelSymbolizer({
        labelProps: ["name"], fill: "#4b4b4b", stroke: "#fff", width: 2, font: `12px ${font}`,
      }),
    },
  ];
}
