// Pins and clusters as elements; all text goes in as text.

import { L } from "./leaflet.js";
import { clusterName, clusterSize, pinName, pinText } from "./names.js";

const PIN = [36, 44];
const TIP = [18, 43];
const BUTTONS = 60; // px that the buttons of a map take at its left
const WIDEST = 300;

/** A marker for an entry (and `more` at the same spot): its kind's shape, its number or letter. */
export function pinMarker(entry, at, more = 0) {
  const pin = document.createElement("span");
  const mark = document.createElement("b");
  pin.className = `pin k-${entry.kind}`;
  mark.textContent = pinText(entry, more);
  mark.classList.toggle("is-long", mark.textContent.length > 2);
  pin.append(mark);
  const icon = L.divIcon({ className: "pin-marker", html: pin, iconSize: PIN, iconAnchor: TIP, popupAnchor: [0, -40] });
  return named(L.marker(at, { icon, riseOnHover: true }), pinName(entry, more));
}

/** A marker for several entries that lie together. */
export function clusterMarker(count, at) {
  const size = clusterSize(count);
  const text = document.createElement("span");
  text.textContent = count.toLocaleString("en-GB");
  const icon = L.divIcon({ className: "cluster", html: text, iconSize: [size, size] });
  return named(L.marker(at, { icon, zIndexOffset: -500 }), clusterName(count));
}

/** Leaflet gives a divIcon no name of its own: its `alt` reaches only images. */
function named(marker, name) {
  return marker.on("add", () => {
    const element = marker.getElement();
    element.setAttribute("aria-label", name);
    element.setAttribute("role", "button");
    element.addEventListener("keydown", (event) => pressed(marker, event));
  }).on("popupopen", ({ popup: opened }) => {
    opened.getElement().onkeydown = (event) => closed(marker, event);
  });
}

/** Enter and the space bar press a marker as they press any button; what opens has the focus. */
function pressed(marker, event) {
  closed(marker, event);
  if (event.key !== "Enter" && event.key !== " ") return;
  event.preventDefault();
  marker.fire("click");
  marker.getPopup()?.getElement()?.querySelector(".leaflet-popup-content a")?.focus();
}

/** Esc closes what a marker opened and leads back to it. */
function closed(marker, event) {
  if (event.key !== "Escape" || !marker.isPopupOpen?.()) return;
  marker.closePopup();
  marker.getElement()?.focus({ preventScroll: true });
}

/** How what opens at a pin of a map lies there: clear of the buttons where there is room for both. */
export function opening(map) {
  const has = map.getSize().x > WIDEST + 40 + BUTTONS;
  return { maxWidth: WIDEST, maxHeight: 260, autoPanPaddingTopLeft: [has ? BUTTONS : 5, 12] };
}

/** What opens at a pin: for each entry its title as a link, then what it is and where. */
export function popup(entries) {
  const box = document.createElement("div");
  for (const entry of entries) {
    const heading = document.createElement("h3");
    const link = document.createElement("a");
    link.href = entry.url;
    link.textContent = entry.number && entries.length > 1 ? `${entry.number}. ${entry.title}` : entry.title;
    heading.append(link);
    box.append(heading);
    for (const line of [entry.category?.label ?? entry.category, entry.where]) {
      if (!line) continue;
      const paragraph = document.createElement("p");
      paragraph.textContent = line;
      box.append(paragraph);
    }
  }
  return box;
}
