// The two classic scripts that components/map.html loads before the modules, as module exports.

const { L, protomapsL } = globalThis;
if (!L) throw new Error("Leaflet is not loaded: use map_scripts() in block scripts");

export { L, protomapsL };
export const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
