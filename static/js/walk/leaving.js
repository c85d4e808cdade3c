// Signing out takes what was sent, and the areas taken along, off this browser; what waits stays.

import { forgetTheRest } from "./pack.js";
import { NAME } from "./store.js";

const LONGEST_MS = 1000;
const LEFT = "assetmap_left"; // the cookie that the server sets when somebody signs out

/**
 * Somebody may sign out before the scripts have started: what they took along goes as soon as
 * scripts start on any page, and the cookie that says so goes after it.
 */
export async function finish() {
  if (!document.cookie.split("; ").includes(`${LEFT}=yes`)) return;
  await forget();
  document.cookie = `${LEFT}=; Path=/; Max-Age=0`;
}

export function attach(form) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const late = new Promise((resolve) => { setTimeout(resolve, LONGEST_MS); });
    await Promise.race([forget().catch(() => {}), late]);
    form.submit();
  });
}

async function forget() {
  const there = await indexedDB.databases?.() ?? [{ name: NAME }]; // not every browser says
  if (there.some(({ name }) => name === NAME)) await forgetTheRest({ andWho: true });
}
