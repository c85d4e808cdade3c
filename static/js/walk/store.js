// What the phone keeps, in IndexedDB: a thin layer of promises, and the steps from version to version.

export const NAME = "assetmap-walk";

/**
 * One step a version. A step adds or changes; it never takes away a store, which may hold what
 * nobody has sent yet.
 */
export const STEPS = [
  (db) => {
    db.createObjectStore("meta"); // who was here last, which walkabout, what was used lately
    db.createObjectStore("queues", { keyPath: "user" }); // {user, device, next, dropped}
    db.createObjectStore("outbox", { keyPath: ["device", "number"] });
    db.createObjectStore("entries", { keyPath: "uid" }); // what was logged here
    db.createObjectStore("photos", { keyPath: "uid" }); // voice notes too, as ArrayBuffers: Safari loses Blobs
    db.createObjectStore("drafts", { keyPath: "key" }); // forms as they are typed
    db.createObjectStore("packs", { keyPath: "uid" }); // areas taken along
    db.createObjectStore("maps", { keyPath: "uid" });
  },
  (db) => {
    db.createObjectStore("tracks", { keyPath: "uid" }); // routes while they are recorded
  },
];

let opening;

/** The database. Rejects where a browser keeps nothing, as in some private windows. */
export function open() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, STEPS.length);
    request.onupgradeneeded = ({ oldVersion }) => {
      for (const step of STEPS.slice(oldVersion)) step(request.result, request.transaction);
    };
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const db = request.result;
      db.onversionchange = () => { db.close(); opening = undefined; }; // another tab brings a newer app
      db.onclose = () => { opening = undefined; };
      resolve(db);
    };
  });
  opening.catch(() => { opening = undefined; });
  return opening;
}

const asked = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

/**
 * Do `work` in one transaction, all of it or nothing, on disk before this resolves.
 * work({store, …}, ask): ask(request) awaits a request; wait for nothing else in there.
 */
export async function transact(names, mode, work) {
  const options = mode === "readwrite" ? { durability: "strict" } : undefined;
  let transaction;
  try {
    transaction = (await open()).transaction(names, mode, options);
  } catch (error) {
    if (error?.name !== "InvalidStateError") throw error;
    opening = undefined; // closed behind our back, as phones do to an app that has rested
    transaction = (await open()).transaction(names, mode, options);
  }
  return new Promise((resolve, reject) => {
    const stores = Object.fromEntries([names].flat().map((name) => [name, transaction.objectStore(name)]));
    let result;
    let failure;
    transaction.oncomplete = () => resolve(result);
    transaction.onabort = () => reject(failure ?? transaction.error ?? new DOMException("aborted", "AbortError"));
    Promise.resolve(work(stores, asked)).then((value) => { result = value; }, (error) => {
      failure = error;
      try {
        transaction.abort();
      } catch {
        reject(error); // it had ended by itself
      }
    });
  });
}

export const get = (name, key) => transact(name, "readonly", (stores, ask) => ask(stores[name].get(key)));
export const all = (name) => transact(name, "readonly", (stores, ask) => ask(stores[name].getAll()));
export const put = (name, value, key) => transact(name, "readwrite", (stores, ask) => ask(stores[name].put(value, key)));
export const remove = (name, key) => transact(name, "readwrite", (stores, ask) => ask(stores[name].delete(key)));
export const clear = (name) => transact(name, "readwrite", (stores) => { stores[name].clear(); });

const channel = typeof BroadcastChannel === "function" && typeof document !== "undefined" ? new BroadcastChannel(NAME) : null;
const listeners = new Set();
channel?.addEventListener("message", () => listeners.forEach((listen) => listen()));

/** Call `listen` when this or another tab has changed something. */
export function onChange(listen) {
  listeners.add(listen);
  return () => listeners.delete(listen);
}

export function changed() {
  channel?.postMessage("changed");
  listeners.forEach((listen) => listen());
}
