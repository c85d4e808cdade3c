// Attaches each behaviour to the elements that ask for it. A page without any loads nothing more.

const behaviours = [
  ["[data-menu]", () => import("./menu.js")],
  ["form[data-keep], form[data-once]", () => import("./forms.js")],
  ["[data-module^='govuk-']", () => import("./govuk.js")],
  ["[data-map]", () => import("./map/panel.js")],
  ["[data-board]", () => import("./board.js")],
  ["[data-split]", () => import("./search.js")],
  ["[data-location-picker]", () => import("./map/pick.js")],
  ["[data-progress]", () => import("./progress.js")],
  ["[data-regions]", () => import("./regions.js")],
  ["[data-rekey]", () => import("./rekey.js")],
  ["[data-rescue]", () => import("./walk/desk.js")],
  ["form[action='/sign-out']", () => import("./walk/leaving.js")],
];

if (document.cookie.includes("assetmap_left=")) {
  try {
    await (await import("./walk/leaving.js")).finish();
  } catch (error) {
    console.error("what was taken along could not be forgotten yet", error); // the next page tries
  }
}

for (const [selector, load] of behaviours) {
  const elements = [...document.querySelectorAll(selector)];
  if (!elements.length) continue;
  try {
    const { attach } = await load();
    await Promise.all(elements.map(attach));
  } catch (error) {
    console.error(`${selector} could not start`, error); // the page works without it
  }
}
document.documentElement.dataset.started = "";
