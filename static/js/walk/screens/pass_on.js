// What is never kept here: whom to call, and the page that passes it on, which needs signal.

import { h, notice } from "../dom.js";
import { get } from "../store.js";

const NUMBERS = [
  ["999", "a crime is happening, or somebody is at risk of harm now. If you cannot speak, press 55 when you are asked."],
  ["101", "the police, when it is not urgent."],
  ["0800 555 111", "Crimestoppers, without giving a name."],
];
const NO_SIGNAL = "Without signal it cannot be passed on, and a phone that others use does not keep it. Ring, or wait here for signal: the way to pass it on comes by itself.";

export async function passOn({ walkabout }) {
  const begun = walkabout && await get("entries", walkabout.uid); // begun on this phone: the register may not know it yet
  const from = walkabout && (!begun || begun.version) ? `?from=${walkabout.uid}` : "";
  const way = h("div", { role: "status" });
  const draw = () => way.replaceChildren(navigator.onLine
    ? h("p", {}, h("a", { class: "walk-button is-main", href: `/referrals/new${from}` }, "Pass it on"))
    : notice(NO_SIGNAL, "warning"));
  const events = ["online", "offline"];
  events.forEach((event) => addEventListener(event, draw));
  draw();
  return {
    title: "Pass it on",
    leave: () => events.forEach((event) => removeEventListener(event, draw)),
    content: [
      h("h1", {}, "Pass it on"),
      h("p", {}, "Crime, safeguarding and intelligence are never logged here. They are sealed, and read only by the few who receive them."),
      h("h2", {}, "Call first where somebody is in danger"),
      h("ul", { class: "walk-plain" }, NUMBERS.map(([number, why]) => h("li", {}, h("a", { href: `tel:${number.replaceAll(" ", "")}` }, number), `: ${why}`))),
      way,
    ],
  };
}
