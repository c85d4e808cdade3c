// The area on a map: what the register has, what was logged here, and where one stands.

import { h } from "../dom.js";
import { openMap, pin } from "../mapview.js";
import { search } from "../place.js";
import { all } from "../store.js";

const MOST_PINS = 250;
const NEAR_ZOOM = 16;
const LETTERS = { asset: "A", group: "G", offer: "O", finding: "F", walkabout: "W", engagement: "E", hotspot: "H" };

export async function map(context) {
  const element = h("div", { class: "map walk-map is-tall", "data-map": "", tabindex: "0", role: "application", "aria-label": "Map of the area" });
  const said = h("p", { role: "status" });
  const about = h("p", { class: "walk-about", role: "status" }, "Press a pin to see what it is.");
  let stop = () => {};
  const start = async () => {
    const view = await openMap(element, context.held);
    if (!view.hasGround) said.textContent = "No map was taken along; pins are in their places all the same.";
    const tell = (entry) => { about.textContent = [entry.title, entry.category?.label ?? entry.kind, entry.where].filter(Boolean).join(" · "); };
    const placed = (context.held?.pack.entries ?? []).filter(({ longitude }) => longitude !== null).slice(0, MOST_PINS);
    placed.forEach((entry) => pin(view.L, entry, LETTERS[entry.kind], () => tell(entry)).addTo(view.map));
    (await own(context.person.uid)).forEach((entry) => pin(view.L, entry, "+", () => tell(entry)).addTo(view.map));
    const area = context.held?.pack.area;
    if (area) view.L.geoJSON(area, { interactive: false, style: { className: "shape shape--outline" } }).addTo(view.map);
    const spot = view.L.circleMarker([0, 0], { radius: 8, className: "ring", interactive: false });
    let isFirst = true;
    stop = search(({ latitude, longitude }) => {
      spot.setLatLng([latitude, longitude]).addTo(view.map);
      if (isFirst && view.map.getBounds().contains([latitude, longitude])) view.map.setView([latitude, longitude], NEAR_ZOOM, { animate: false });
      isFirst = false;
    }, () => {});
    element.dataset.ready = "";
  };
  return {
    title: "Map",
    leave: () => stop(),
    shown: () => start().catch(() => { said.textContent = "The map could not be drawn. Everything else works."; }),
    content: [h("h1", { class: "walk-quiet" }, "Map"), said, element, about],
  };
}

/** What was logged on this phone and has a place, as pins. */
async function own(user) {
  return (await all("entries")).filter((entry) => entry.user === user && entry.draft.geometry?.type === "Point").map((entry) => ({
    kind: entry.kind, title: `${entry.draft.title} (logged here)`, category: { label: entry.label },
    longitude: entry.draft.geometry.coordinates[0], latitude: entry.draft.geometry.coordinates[1],
  }));
}
