// Signing out takes what was sent, and the areas taken along, off this browser; what waits stays.

import { forgetTheRest } from "./pack.js";
import { NAME } from "./store.js";

const LONGEST_MS = 1000;

export function attach(form) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const late = new Promise((resolve) => { setTimeout(resolve, LONGEST_MS); });
    await Promise.race([forget().catch(() => {}), late]);
    form.submit();
  });
}

async function forget() {
  const there = await indexedDB.databases?.() ?? [];
  if (there.some(({ name }) => name === NAME)) await forgetTheRest({ andWho: true });
}
