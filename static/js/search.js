// The results page: List / Map on a phone, 'Search this area' once the map is moved, and its form.

import { boxOf, withBox } from "./map/address.js";
import { mapOf } from "./map/base.js";
import { attach as attachForm } from "./search/form.js";

const NARROW = "(max-width: 840px)";

export function attach(split) {
  const form = document.querySelector("[data-finder]");
  if (form) attachForm(form, matchMedia(NARROW));
  const buttons = [...document.querySelectorAll("[data-switch] button")];
  const show = (view) => {
    split.dataset.view = view;
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String(button.dataset.view === view));
    }
    split.dispatchEvent(new CustomEvent("view", { detail: view }));
  };
  for (const button of buttons) button.addEventListener("click", () => show(button.dataset.view));
  split.addEventListener("want-view", (event) => show(event.detail));
  const bar = document.querySelector("[data-switch]")?.parentElement;
  const narrow = matchMedia(NARROW);
  split.addEventListener("view", ({ detail }) => {
    if (detail === "map" && narrow.matches) bar?.scrollIntoView({ block: "start" });
  });

  const map = mapOf(split.querySelector("[data-map]"));
  if (!map) return;
  split.addEventListener("view", () => map.invalidateSize({ animate: false }));
  const offer = split.querySelector("[data-search-here]");
  if (!offer) return;
  // Only a person's own move counts (drag, pinch, wheel, keys, zoom buttons), not fitting to results.
  const moved = () => { offer.hidden = false; };
  map.on("dragend", moved);
  map.getContainer().addEventListener("keydown", (event) => {
    if (/^(Arrow|[+=_-]$)/.test(event.key)) moved();
  });
  map.getContainer().addEventListener("wheel", moved, { passive: true });
  map.getContainer().addEventListener("touchmove", moved, { passive: true });
  // Leaflet keeps clicks on its buttons to itself, so they are seen on the way down.
  map.zoomControl.getContainer().addEventListener("click", moved, { capture: true });
  offer.querySelector("button").addEventListener("click", () => {
    location.assign(withBox(location.href, boxOf(map.getBounds())));
  });
}
