// The map, fetched only where one is looked at, and drawn from the file that was taken along.

import { get } from "./store.js";

let loading;

/** Leaflet and the rest are classic scripts; the shell says where they are. */
function scripts() {
  loading ??= document.body.dataset.mapScripts.split(" ").reduce((before, address) => before.then(() => new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement("script"), { src: address, onload: resolve, onerror: reject });
    document.head.append(script);
  })), Promise.resolve());
  loading.catch(() => { loading = undefined; }); // there may be signal the next time
  return loading;
}

/** A PMTiles source that reads the bytes on the phone: no ranges are asked for, no signal is needed. */
export class Kept {
  constructor(uid, bytes) {
    this.uid = uid;
    this.bytes = bytes;
  }

  getKey() {
    return this.uid;
  }

  async getBytes(offset, length) {
    return { data: this.bytes.slice(offset, offset + length) };
  }
}

/** Make a map in `element` (with data-map) of a pack's area, or of nothing but the ground. */
export async function openMap(element, held) {
  await scripts();
  const [{ createMap }, { addBase }] = await Promise.all([import("../map/base.js"), import("../map/basemap.js")]);
  const box = held?.pack.bbox;
  element.dataset.base = "none";
  if (box) element.dataset.bounds = box.join(",");
  const map = createMap(element);
  const kept = held ? await get("maps", held.uid) : null;
  if (kept) {
    const archive = new globalThis.pmtiles.PMTiles(new Kept(kept.uid, kept.bytes));
    addBase(map, { base: "pmtiles:kept", archive, style: kept.map.style, attribution: kept.map.attribution });
  }
  return { map, L: globalThis.L, hasGround: Boolean(kept) };
}

/** A pin that is a real button; `k` is the entry's kind. */
export function pin(L, entry, text, onclick) {
  const shape = document.createElement("span");
  shape.className = `pin k-${entry.kind}`;
  const letter = document.createElement("b");
  letter.textContent = text;
  shape.append(letter);
  const icon = L.divIcon({ className: "pin-marker", html: shape, iconSize: [36, 44], iconAnchor: [18, 43] });
  const marker = L.marker([entry.latitude, entry.longitude], { icon, keyboard: true, alt: "" });
  marker.on("add", () => {
    const element = marker.getElement();
    element.setAttribute("role", "button");
    element.setAttribute("aria-label", `${text}. ${entry.title}, ${entry.kind}`);
  });
  if (onclick) marker.on("click", onclick);
  marker.on("keypress", ({ originalEvent }) => {
    if (![" ", "Enter"].includes(originalEvent.key)) return;
    originalEvent.preventDefault(); // the space bar would scroll
    onclick?.();
  });
  return marker;
}
