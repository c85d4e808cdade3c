// The search form: places are suggested, the address stays short, and a phone shows results first.

import { blanks, suggestions } from "./fields.js";

const SETTLE_MS = 200; // a person still typing needs no answer yet

export function attach(form, narrow) {
  form.addEventListener("formdata", ({ formData }) => {
    for (const name of blanks([...formData])) formData.delete(name);
  });
  const where = form.elements.namedItem("where");
  where.addEventListener("input", () => {
    // another place: the part of the map or the shape that was looked in is no longer meant
    for (const name of ["bbox", "within"]) {
      const held = form.elements.namedItem(name);
      if (held) held.value = "";
    }
  });
  suggest(where, document.getElementById("places"));
  shut(form, narrow);
}

/** Fill the list of places as somebody types. */
function suggest(where, list) {
  let timer = 0;
  let asking = null;
  async function ask() {
    asking?.abort();
    asking = new AbortController();
    const address = `/places?q=${encodeURIComponent(where.value.trim())}`;
    try {
      const answer = await fetch(address, { signal: asking.signal, headers: { Accept: "application/json" } });
      if (!answer.ok) return; // the server finds the place when the form is sent
      list.replaceChildren(...suggestions(await answer.json()).map((text) => {
        const option = document.createElement("option");
        option.value = text;
        return option;
      }));
    } catch (error) {
      if (error.name !== "AbortError") console.warn("No places could be suggested", error);
    }
  }
  where.addEventListener("input", () => {
    clearTimeout(timer);
    if (where.value.trim().length > 1) timer = setTimeout(ask, SETTLE_MS);
  });
}

/** On a phone the form of a search that was made makes room for what was found. */
function shut(form, narrow) {
  const change = form.querySelector("[data-change]");
  if (form.dataset.asked === undefined) return;
  change.hidden = !narrow.matches;
  form.classList.toggle("is-shut", narrow.matches);
  change.addEventListener("click", () => {
    change.hidden = true;
    form.classList.remove("is-shut");
    form.elements.namedItem("text").focus();
  });
}
