// What a map panel shows is said by its data attributes; each part is fetched only when asked for.

import { createMap } from "./base.js";

const parts = [
  ["shapes", () => import("./shapes.js")],
  ["results", () => import("./results.js")],
  ["clusters", () => import("./clusters.js")],
  ["draw", () => import("./draw.js")],
];

export async function attach(element) {
  const map = createMap(element);
  for (const [name, load] of parts) {
    if (element.dataset[name] !== undefined) (await load()).add(map, element);
  }
  element.dataset.ready = "";
}
