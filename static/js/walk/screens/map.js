// The area on a map: what the register has, what was logged here, and where one stands.

import { covered, length } from "../coverage.js";
import { button, h } from "../dom.js";
import { openMap, pin } from "../mapview.js";
import { send } from "../outbox.js";
import { packOf } from "../pack.js";
import { search } from "../place.js";
import { all, onChange } from "../store.js";
import { onPosition, recording, start as startTrack, stop as stopTrack, throwAway } from "../track.js";
import { uuid7 } from "../uuid.js";

const MOST_PINS = 250;
const NEAR_ZOOM = 16;
const LETTERS = { asset: "A", group: "G", offer: "O", finding: "F", walkabout: "W", engagement: "E", hotspot: "H" };

export async function map(context) {
  const element = h("div", { class: "map walk-map is-tall", "data-map": "", tabindex: "0", role: "application", "aria-label": "Map of the area" });
  const said = h("p", { role: "status" });
  const about = h("p", { class: "walk-about", role: "status" }, "Press a pin to see what it is.");
  const sofar = h("p", { id: "so-far", role: "status" });
  let stop = () => {};
  let forget = () => {};
  const start = async () => {
    const view = await openMap(element, context.held);
    if (!view.hasGround) said.textContent = `${context.walkabout?.toTake ? "The map comes by itself as soon as there is signal" : "No map was taken along"}; pins are in their places all the same.`;
    const tell = (entry) => { about.textContent = [entry.title, entry.category?.label ?? entry.kind, entry.where].filter(Boolean).join(" · "); };
    const placed = (context.held?.pack.entries ?? []).filter(({ longitude }) => longitude !== null).slice(0, MOST_PINS);
    placed.forEach((entry) => pin(view.L, entry, LETTERS[entry.kind], () => tell(entry)).addTo(view.map));
    (context.held?.pack.stops ?? []).forEach((stop, number) => {
      if (Number.isFinite(stop.longitude)) pin(view.L, { ...stop, kind: "walkabout", title: stop.name }, String(number + 1), () => tell({ title: `${number + 1}. ${stop.name}`, kind: "planned stop" })).addTo(view.map);
    });
    (await own(context.person.uid)).forEach((entry) => pin(view.L, entry, "+", () => tell(entry)).addTo(view.map));
    const area = context.held?.pack.area;
    if (area) view.L.geoJSON(area, { interactive: false, style: { className: "shape shape--outline" } }).addTo(view.map);
    const spot = view.L.circleMarker([0, 0], { radius: 8, className: "ring", interactive: false });
    const line = view.L.polyline([], { className: "shape k-walkabout", interactive: false }).addTo(view.map);
    const trace = (points) => {
      line.setLatLngs(points.map(([longitude, latitude]) => [latitude, longitude]));
      if (recording()) sofar.textContent = recording().problem || soFar(points, area);
    };
    trace(recording()?.points ?? []);
    forget = onPosition(trace);
    let isFirst = true;
    stop = search(({ latitude, longitude }) => {
      spot.setLatLng([latitude, longitude]).addTo(view.map);
      if (isFirst && view.map.getBounds().contains([latitude, longitude])) view.map.setView([latitude, longitude], NEAR_ZOOM, { animate: false });
      isFirst = false;
    }, () => {});
    element.dataset.ready = "";
  };
  const unheard = onChange(async () => {
    if (!context.held && await packOf(context.walkabout?.uid, context.person.uid)) context.redraw();
  });
  return {
    title: "Map",
    leave: () => { stop(); forget(); unheard(); },
    shown: () => start().catch(() => { said.textContent = "The map could not be drawn. Everything else works."; }),
    content: [h("h1", { class: "walk-quiet" }, "Map"), said, element, about, recorder(context, sofar)],
  };
}

/** "1.2 km so far, 43 % of the area seen". */
function soFar(points, area) {
  const share = covered(area, points);
  return `${(length(points) / 1000).toFixed(1)} km so far${share === null ? "" : `, ${Math.round(share * 100)} % of the area seen`}.`;
}

/** Opt-in, and said plainly what becomes of it. */
function recorder(context, sofar) {
  if (!context.walkabout) return null;
  const now = recording();
  const again = (words) => () => { context.say(words); context.redraw(); };
  const begin = () => startTrack(context.person.uid, context.walkabout.uid, uuid7()).then(again("Recording the way you walk."));
  const end = () => stopTrack().then(() => send()).then(again("Stopped. It is sent without its ends."));
  const drop = () => throwAway().then(again("Nothing of it was kept."));
  return h(
    "details", { class: "walk-there", open: Boolean(now) }, h("summary", {}, now ? "The way you walk is being recorded" : "Record the way you walk"),
    h("p", {}, "Only if you start it, and only for your team. The first and last 50 metres are cut off, the rest is made coarser. Phones stop it while the screen is off."),
    now ? sofar : null,
    h("div", { class: "walk-row" }, now
      ? [button("Stop and send", end, { class: "walk-button is-main" }), button("Throw it away", drop)]
      : button("Start recording", begin, { class: "walk-button is-main" })),
  );
}

/** What was logged on this phone and has a place, as pins. */
async function own(user) {
  return (await all("entries")).filter((entry) => entry.user === user && entry.draft.geometry?.type === "Point").map((entry) => ({
    kind: entry.kind, title: `${entry.draft.title} (logged here)`, category: { label: entry.label },
    longitude: entry.draft.geometry.coordinates[0], latitude: entry.draft.geometry.coordinates[1],
  }));
}
