// Keeps the app on the phone. The lines before this one give VERSION, and KEPT: all it consists of.
// What is logged is sent by the page; this never touches anything but reading.

const SHELL = "/walk/";
const PREFIX = "walk-";
const CACHE = PREFIX + VERSION;

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));

// Only when the person presses Update: a half-filled form is never reloaded under their hands.
self.addEventListener("message", ({ data }) => {
  if (data === "update now") self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin || url.pathname.startsWith("/api/")) return;
  if (request.mode === "navigate") {
    if (url.pathname === SHELL) event.respondWith(kept(SHELL, request));
    return;
  }
  event.respondWith(kept(request, request));
});

/** All or nothing, and past the browser's own cache: a half-kept app would fail with no signal. */
async function install() {
  const cache = await caches.open(CACHE);
  await cache.addAll(KEPT.map((address) => new Request(address, { cache: "reload" })));
}

async function activate() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(PREFIX) && name !== CACHE).map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function kept(what, request) {
  const found = await caches.match(what, { cacheName: CACHE, ignoreSearch: true, ignoreVary: true });
  return found ?? fetch(request);
}
