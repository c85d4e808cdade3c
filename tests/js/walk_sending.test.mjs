import assert from "node:assert/strict";
import test from "node:test";
import { rows, sentAnew } from "../../static/js/walk/conflicts.js";
import { afterwards, base64, clashes, frozen, requestOf, sha256, wasDamaged } from "../../static/js/walk/deliver.js";
import { due, pause } from "../../static/js/walk/outbox.js";
import { amendable, newQueue } from "../../static/js/walk/queue.js";
import { problemWith, readdressed } from "../../static/js/walk/rescue.js";
import { ask, retryAfter, verdict, versionOf } from "../../static/js/walk/server.js";
import { gaps, line, tally } from "../../static/js/walk/status.js";
import { STEPS, transact } from "../../static/js/walk/store.js";
import { uuid7 } from "../../static/js/walk/uuid.js";

const job = (number, more = {}) => ({ device: "d", number, user: "u", entry: `e${number}`, what: "put", base: null, state: "waiting", tries: 0, next: 0, at: number, ...more });

test("a uid holds its time, its version and its variant, and later ones sort later", () => {
  const early = uuid7(1_700_000_000_000, new Uint8Array(16).fill(255));
  const late = uuid7(1_700_000_000_001, new Uint8Array(16));
  assert.match(early, /^018bcfe5-6800-7fff-bfff-ffffffffffff$/);
  assert.ok(early < late);
});

test("an entry's second delivery waits while its first is put off, and others go on", () => {
  const jobs = [job(1, { entry: "a", next: 99 }), job(2, { entry: "a" }), job(3, { entry: "b" })];
  assert.equal(due(jobs, 50).number, 3);
  assert.equal(due(jobs, 100).number, 1);
});

test("what hangs on a new walkabout waits until that is there, but not for what else is asked of it", () => {
  const needs = ["walk"];
  assert.equal(due([job(1, { entry: "walk", next: 99 }), job(2, { needs })], 50), null);
  assert.equal(due([job(1, { entry: "walk", what: "status", base: undefined, state: "refused" }), job(2, { needs })], 50).number, 2);
});

test("a photo does not wait for a person to settle a conflict of its entry", () => {
  const jobs = [job(1, { entry: "a", state: "conflict" }), job(2, { entry: "a", what: "photo" })];
  assert.equal(due(jobs, 0).number, 2);
  assert.equal(due([job(1, { entry: "a", state: "refused" }), job(2, { entry: "a", what: "photo" })], 0), null);
});

test("each failure doubles the wait, up to about a minute, and phones do not wait alike", () => {
  assert.equal(pause(1, 0.5), 2000);
  assert.ok(pause(40, 0) < pause(40, 0.99) && pause(40, 0.99) < 80_000);
});

test("a proxy that names a day to come back on puts nothing off for ever", () => {
  const now = Date.parse("2026-11-21T10:00:00Z");
  assert.equal(retryAfter("30", now), 30_000);
  assert.equal(retryAfter("Sat, 21 Nov 2026 10:01:00 GMT", now), 60_000);
  assert.equal(retryAfter("Sat, 21 Nov 2026 09:00:00 GMT", now), 0);
  assert.equal(retryAfter("31536000", now), 900_000);
  for (const said of [null, "", "soon"]) assert.equal(retryAfter(said, now), 0);
  assert.equal(due([job(1, { next: Number.NaN })], now).number, 1); // as an earlier app may have left it
});

test("a photo has the longer to arrive the larger it is", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let isOver = false;
  const line = (_, { signal }) => new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => { isOver = true; reject(signal.reason); });
  });
  const asked = ask("PUT", "/api/x", { body: new ArrayBuffer(400_000) }, line);
  t.mock.timers.tick(120_000);
  assert.ok(!isOver);
  t.mock.timers.tick(30_000);
  assert.equal((await asked).verdict, "again");
});

test("only the register's own answers count, whatever their number", () => {
  assert.equal(verdict(200, false), "again"); // a captive portal
  assert.equal(verdict(201, true), "done");
  assert.equal(verdict(401, true), "sign-in");
  assert.equal(verdict(409, true), "conflict");
  for (const status of [408, 425, 429, 500, 503]) assert.equal(verdict(status, true), "again");
  for (const status of [400, 403, 404, 413, 422, 428]) assert.equal(verdict(status, true), "refused");
});

test("a request that fails or is led elsewhere is tried again", async () => {
  const answer = await ask("PUT", "/api/assets/1", {}, async () => { throw new TypeError("redirected"); });
  assert.deepEqual([answer.verdict, answer.status], ["again", 0]);
  assert.equal(versionOf('W/"12"'), 12);
  assert.equal(versionOf(null), null);
});

test("what was tried is tried again as it was, whatever the entry has become since", () => {
  const tried = job(1, { body: { title: "First" }, changes: { title: "Second" } });
  assert.equal(frozen(tried, { feature: null }).body.title, "First");
});

test("what a phone saw tomorrow by its own clock was seen now; a second try changes nothing", () => {
  const now = new Date(2026, 10, 21, 9, 30);
  const seen = job(1, { changes: { observed_at: "2026-11-22T09:30:00Z" } });
  assert.equal(frozen(seen, {}, now).body.observed_at, now.toISOString());
  const check = job(2, { what: "check", body: { found: "here", on: "2026-11-22" } });
  assert.equal(frozen(check, {}, now).body.on, "2026-11-21");
  assert.equal(frozen({ ...check, tries: 1 }, {}, now).body.on, "2026-11-22");
  const earlier = job(3, { changes: { observed_at: "2026-11-20T09:30:00Z" } });
  assert.equal(frozen(earlier, {}, now).body.observed_at, "2026-11-20T09:30:00Z");
  const points = [-70_000, 20_000].map((ms) => [-1.93, 53.72, 6, now.getTime() + ms]);
  const walked = job(4, { what: "track", body: { trim_m: 50, points } });
  assert.deepEqual(frozen(walked, {}, now).body.points.map(([, , , at]) => at - now.getTime()), [-90_000, 0]);
});

test("a change sends its own fields only and names the version it began from", () => {
  const ready = frozen(job(2, { base: "own", changes: { title: "New hall" } }), { version: 3 });
  const { method, address, headers, body } = requestOf({ ...ready, kind: "asset", entry: "x" });
  assert.deepEqual([method, address, headers["If-Match"], body], ["PATCH", "/api/assets/x", '"3"', '{"title":"New hall"}']);
});

test("a route goes to its walkabout under a uid of its own", () => {
  const noted = requestOf({ ...job(1), what: "note", entry: "n", event: "e", body: { text: "Lamps" } });
  assert.deepEqual([noted.method, noted.address, noted.body], ["PUT", "/api/engagements/e/notes/n", '{"text":"Lamps"}']);
  const sent = requestOf({ ...job(1), what: "track", entry: "w", track: "t", body: { points: [], trim_m: 50 } });
  assert.deepEqual([sent.method, sent.address, sent.body], ["PUT", "/api/walkabouts/w/tracks/t", '{"points":[],"trim_m":50}']);
});

test("a flip chart goes to its event, under its table, as the photo it is", () => {
  const photo = { uid: "p", bytes: new Uint8Array([1]).buffer, alt: "Lamps", sha256: "00ff" };
  const { method, address, headers } = requestOf(job(1, { what: "chart", entry: "p", event: "e", table: 3, photo: "p" }), photo);
  assert.deepEqual([method, address, headers["X-Table"], headers["X-Alt-Text"]], ["PUT", "/api/entries/e/photos/p", "3", "Lamps"]);
  assert.equal(due([job(1, { entry: "n", what: "note", state: "refused" }), job(2, { entry: "p", what: "chart" })], 0)?.number, 2);
});

test("a photo travels with the digest of its bytes and is freed only when the register has the same", async () => {
  const bytes = new TextEncoder().encode("abc").buffer;
  const photo = { uid: "p", bytes, alt: "A gate", sha256: await sha256(bytes) };
  const { headers } = requestOf(job(1, { what: "photo", photo: "p" }), photo);
  assert.equal(headers["Content-Digest"], "sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:");
  assert.equal(headers["X-Alt-Text"], "A%20gate");
  assert.equal(base64("00ff"), "AP8=");
  assert.ok(!wasDamaged(photo, { body: { uid: "p" } }));
  assert.ok(wasDamaged(photo, { body: { sha256: "other" } }));
  assert.ok(wasDamaged(photo, { body: { problems: { "Content-Digest": "Send it again." } } }));
});

test("an entry is received once nothing of it waits, and a suggestion is called one", () => {
  const answer = { status: 201, body: { type: "Feature", properties: { version: 1 } }, etag: null };
  assert.equal(afterwards({ state: "waiting" }, job(1), answer, []).state, "received");
  assert.equal(afterwards({ state: "waiting" }, job(1), answer, [job(2)]).state, "waiting");
  assert.equal(afterwards({ state: "waiting" }, job(1), { ...answer, status: 202 }, []).state, "suggested");
});

test("a conflict shows both values, and what only one side changed is sent whichever is chosen", () => {
  const problem = { clashes: clashes({ fields: { title: ["Theirs", "Mine"], tags: [[], ["a"]] } }) };
  assert.deepEqual(rows(problem)[1], { name: "tags", label: "tags", theirs: "(empty)", mine: "a" });
  const own = job(4, { problem, body: { title: "Mine", tags: ["a"], phone: "1" } });
  assert.deepEqual(sentAnew(own, true).changes, { title: "Mine", tags: ["a"], phone: "1" });
  assert.deepEqual(sentAnew(own, false).changes, { phone: "1" });
});

test("only what was never tried, or was refused, may be rewritten where it waits", () => {
  assert.ok(amendable(job(1)));
  assert.ok(!amendable(job(1, { tries: 1 })));
  assert.ok(amendable(job(1, { tries: 3, state: "refused" })));
});

test("the line at the top says first what asks for a person", () => {
  const counts = tally([job(3), job(9, { user: "other" })], [{ user: "u", next: 42, dropped: [], receipts: null }], "u");
  assert.equal(line(counts, "idle"), "1 waiting to send");
  assert.equal(line(counts, "signed-out"), "1 waiting: sign in to send");
  assert.equal(counts.others, 1);
  assert.equal(line(tally([], [{ user: "u", next: 42 }], "u"), "idle"), "41 of 41 received");
  assert.equal(line(tally([job(3, { state: "refused" })], [{ user: "u", next: 4 }], "u"), "idle"), "1 needs you");
});

test("a number that the register misses and the phone no longer holds is named", () => {
  assert.equal(line(tally([], [{ user: "u", next: 6, receipts: { missing: [[2, 2]] } }], "u"), "idle"), "4 of 5 received");
  assert.deepEqual(gaps([[2, 4], [7, 7]], [job(3)], [7]), [2, 4]);
});

test("a rescue file keeps its numbers for its own person and gets new ones for another", () => {
  const file = { format: "assetmap-walk-rescue", version: 1, user: "u", jobs: [job(5), job(6)], entries: [], photos: [] };
  assert.equal(problemWith(file), "");
  const queue = { ...newQueue("v"), next: 3 };
  assert.deepEqual(readdressed(file, { uid: "u" }, queue).jobs.map(({ number }) => number), [5, 6]);
  const others = readdressed(file, { uid: "v" }, queue);
  assert.deepEqual(others.jobs.map(({ number, user, device }) => [number, user, device === queue.device]), [[3, "v", true], [4, "v", true]]);
  assert.equal(others.queue.next, 5);
});

test("a file that is not a rescue file, or lacks a photo it lists, is refused", () => {
  const file = { format: "assetmap-walk-rescue", version: 1, user: "u", jobs: [job(5, { what: "photo", photo: "gone" })], photos: [] };
  assert.match(problemWith(file), /damaged/);
  assert.match(problemWith(null), /not a file/);
  assert.match(problemWith({ ...file, version: 2 }), /newer/);
});

test("no step from one version of the store to the next takes a store away", () => {
  const made = [];
  const db = { createObjectStore: (name) => { made.push(name); return { createIndex() {} }; }, deleteObjectStore: () => assert.fail("a store was taken away") };
  const transaction = { objectStore: () => ({ createIndex() {}, clear: () => assert.fail("a store was emptied") }) };
  STEPS.forEach((step) => step(db, transaction));
  assert.ok(["outbox", "entries", "photos", "drafts", "queues"].every((name) => made.includes(name)));
});

test("a database that the phone closed behind the app's back is opened again", async () => {
  const opened = [];
  const whole = () => {
    const made = { objectStore: () => ({}) };
    setTimeout(() => made.oncomplete());
    return made;
  };
  const closed = () => { throw new DOMException("The database connection is closing.", "InvalidStateError"); };
  globalThis.indexedDB = {
    open() {
      const request = { result: { transaction: opened.length ? whole : closed } };
      opened.push(request);
      setTimeout(() => request.onsuccess());
      return request;
    },
  };
  assert.equal(await transact("outbox", "readwrite", () => "kept"), "kept");
  assert.equal(opened.length, 2);
});
