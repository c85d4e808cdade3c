// The service worker: registered after the first drawing; a new version waits until Update is pressed.

const EVERY_MS = 30 * 60_000;

/** offer(update): called when a new version is ready; update() brings it in and loads it. */
export async function watchForUpdates(offer) {
  if (!("serviceWorker" in navigator)) return;
  const { serviceWorker } = navigator;
  let hadOne = Boolean(serviceWorker.controller);
  serviceWorker.addEventListener("controllerchange", () => {
    if (hadOne) location.reload();
    hadOne = true;
  });
  let registration;
  try {
    registration = await serviceWorker.register("/walk/sw.js", { scope: "/walk/", updateViaCache: "none" });
  } catch {
    return; // no signal, or the browser allows none: the app works as it is
  }
  const ready = (worker) => {
    if (worker && serviceWorker.controller) offer(() => worker.postMessage("update now"));
  };
  ready(registration.waiting);
  registration.addEventListener("updatefound", () => {
    const worker = registration.installing;
    worker.addEventListener("statechange", () => { if (worker.state === "installed") ready(worker); });
  });
  const look = () => registration.update().catch(() => {});
  setInterval(look, EVERY_MS);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
}
