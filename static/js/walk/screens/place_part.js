// The part of a form that says where: the phone's fix, a tap on the map, or steps from where one stands.

import { button, h } from "../dom.js";
import { openMap } from "../mapview.js";
import { fresh, moved, search, words } from "../place.js";
import { pressed } from "../../map/place.js";

const STEP_M = 10;
const WAYS = [["North", 0, STEP_M], ["South", 0, -STEP_M], ["West", -STEP_M, 0], ["East", STEP_M, 0]];
const NEAR_ZOOM = 17;

/** {element, stop, later}; set({place}) is called with every place that becomes the entry's. */
export function placePart(context, draft, set) {
  const said = h("p", { role: "status", id: "place-words" });
  let searching = false;
  let view = null;
  const show = () => {
    said.textContent = words(draft.place, searching);
    view?.show(draft.place);
    steps.hidden = !draft.place || draft.place.longitude === null;
  };
  let late = null;
  const use = (place) => {
    if (late) {
      late(place);
      stop();
      return;
    }
    set({ place });
    show();
  };
  let stop = () => {};
  const find = () => {
    stop();
    searching = true;
    stop = search(use, (problem) => {
      searching = false;
      show();
      if (problem && !draft.place) said.textContent = `${problem} You can save without one, or use the map.`;
    });
    show();
  };
  const steps = h("div", { class: "walk-row", role: "group", "aria-label": "Move the pin" }, WAYS.map(([name, east, north]) => button(
    `${STEP_M} m ${name.toLowerCase()}`, () => { stop(); use(moved(draft.place, east, north)); },
  )));
  const there = h("details", { class: "walk-there" }, h("summary", {}, "It is over there"), steps);
  there.addEventListener("toggle", async () => {
    if (!there.open || view) return;
    view = await picker(context, draft, there, (place) => { stop(); use(place); });
    view.show(draft.place);
  });
  const last = fresh();
  if (!draft.place && last) set({ place: last });
  if (!draft.place || isSame(draft.place, last)) find(); // a form begun elsewhere keeps its place
  else show();
  return {
    element: h("section", { class: "walk-place", "aria-label": "Where" }, h("h2", {}, "Where"), said, h("div", { class: "walk-row" }, button("I am here: find me again", find)), there),
    stop: () => { if (!late) stop(); },
    /** The form was saved before there was a fix: hand over the first that comes yet. */
    later(take) { if (searching) late = take; },
  };
}

const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** A map to tap on, with a cross in its middle and a button for those who do not tap. */
async function picker({ held }, draft, host, use) {
  const element = h("div", { class: "map walk-map", "data-map": "", tabindex: "0", role: "application", "aria-label": "Map: tap where it is" });
  const middle = button("Put the pin at the cross", () => {
    const { lng, lat } = view.map.getCenter();
    use(pressed(lng, lat));
  });
  host.append(h("div", { class: "map-frame" }, element, h("span", { class: "crosshair", "aria-hidden": "true" })), middle);
  const view = await openMap(element, held);
  const spot = view.L.circleMarker([0, 0], { radius: 9, className: "ring", interactive: false });
  view.map.on("click", ({ latlng }) => use(pressed(latlng.lng, latlng.lat)));
  let centred = false;
  return {
    show(place) {
      if (!place || place.longitude === null) return;
      spot.setLatLng([place.latitude, place.longitude]).addTo(view.map);
      if (!centred) view.map.setView([place.latitude, place.longitude], NEAR_ZOOM, { animate: false });
      centred = true;
    },
  };
}
