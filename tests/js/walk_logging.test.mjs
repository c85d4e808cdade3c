import assert from "node:assert/strict";
import test from "node:test";
import { remembered, suggest, termsFor, titled } from "../../static/js/walk/categories.js";
import { rightNow } from "../../static/js/walk/days.js";
import { oneAtATime } from "../../static/js/walk/dom.js";
import { alike, away, metres, route, suspects } from "../../static/js/walk/nearby.js";
import { addressOf, asPack, lastPlace } from "../../static/js/walk/packing.js";
import { boxOf, fitted } from "../../static/js/walk/photo.js";
import { asDraft, fresh, moved, standing, words } from "../../static/js/walk/place.js";
import { LISTS, offered, quickDraft } from "../../static/js/walk/quick.js";
import { changeable, differing } from "../../static/js/walk/screens/change_fields.js";
import { age } from "../../static/js/walk/status.js";
import { failure, warnings } from "../../static/js/walk/storage.js";
import { goesAway, position, stayAwake } from "../../static/js/walk/track.js";

const TERMS = [
  { code: "act", label: "Activities", parent: null },
  { code: "act_spor", label: "Sport or fitness places", parent: "act", hint: "Football, gym", words: ["kickabout"] },
  { code: "act_choi", label: "Choir", parent: "act", hint: "Singing together" },
];
const entry = (uid, title, longitude, latitude, more = {}) => ({ uid, kind: "asset", title, longitude, latitude, category: { code: "pla_hall", label: "Hall" }, ...more });

test("categories are suggested from the words typed, in labels, synonyms and hints", () => {
  const terms = termsFor("offer", { offer: TERMS });
  const codes = (typed) => suggest(terms, typed).others.map(({ code }) => code);
  assert.deepEqual(codes("I could run football on Tuesdays"), ["act_spor"]);
  assert.deepEqual(codes("we could do some of it"), []); // words that mean nothing here
  assert.deepEqual(codes("a kickabout"), ["act_spor"]);
  assert.deepEqual(codes("CHÓIR"), ["act_choi"]);
  assert.deepEqual(codes("zzz"), []);
});

test("little words do not mean a category that happens to hold them in its name", () => {
  const terms = [
    { code: "tim_tidy", label: "Clean-up labour", parent: "tim", hint: "Litter picks, planting, painting" },
    { code: "spa_disp", label: "Display space", parent: "spa" },
    { code: "inc_reac", label: "Introductions to seldom-heard people", parent: "inc" },
    { code: "tim_befr", label: "Befriending or visiting", parent: "tim" },
  ];
  const first = (typed) => suggest(terms, typed).others[0]?.code;
  assert.equal(first("put up posters in the window"), "spa_disp");
  assert.equal(first("listen to people who are lonely"), "tim_befr");
});

test("only what differs is sent of an entry that was taken along, and nothing it was not given", () => {
  const packed = { kind: "offer", isPacked: true, draft: { title: "Van", quantity: "2", unit: null, description: "" } };
  assert.deepEqual(changeable(packed), ["title", "description", "quantity", "unit"]);
  assert.deepEqual(differing(packed.draft, { title: "Van", quantity: 2, unit: "hours", description: "" }), { unit: "hours" });
});

test("for a group the sorts of groups come first, and what groups do is known by everyday words", () => {
  const asset = [
    { code: "ppl", label: "People", parent: null }, { code: "ppl_conn", label: "Community connector", parent: "ppl" },
    { code: "grp", label: "Groups", parent: null }, { code: "grp_soci", label: "Social or hobby club", parent: "grp" },
  ];
  assert.deepEqual(termsFor("group", { asset }).map(({ code }) => code), ["grp_soci", "ppl_conn"]);
  assert.deepEqual(termsFor("asset", { asset }).map(({ code }) => code), ["ppl_conn", "grp_soci"]);
  assert.equal(suggest(termsFor("group", { asset }), "Knit and Natter").others[0].code, "grp_soci");
});

test("what is helped with counts more than that it is help", () => {
  const offer = [
    { code: "gua", label: "Safety", parent: null }, { code: "gua_resi", label: "Emergency help", parent: "gua" },
    { code: "tim", label: "Time", parent: null }, { code: "tim_tidy", label: "Clean-up labour", parent: "tim" },
  ];
  const first = (typed) => suggest(termsFor("offer", { offer }), typed).others[0].code;
  assert.equal(first("gardening help"), "tim_tidy");
  assert.equal(first("help"), "gua_resi");
});

test("a way on which one never left the ends that are cut off is not sent", () => {
  const at = (metresEast) => [-1.93 + metresEast / 65_900, 53.72, 5, 0];
  const about = Array.from({ length: 60 }, (_, n) => at((n % 2) * 8)); // four hundred metres of standing about
  assert.equal(goesAway(about), false);
  assert.equal(goesAway([...about, at(80)]), false);
  assert.equal(goesAway([...about, at(55), at(0)]), false); // out for a moment, says a restless phone
  assert.equal(goesAway([...about, at(80), at(160)]), true);
  assert.equal(goesAway([]), false);
});

test("without words the ones used lately come first, and the latest of them foremost", () => {
  const { lately, others } = suggest(termsFor("offer", { offer: TERMS }), " ", ["act_choi", "gone"]);
  assert.deepEqual([lately, others].map((terms) => terms.map(({ code }) => code)), [["act_choi"], ["act_spor"]]);
  assert.deepEqual(remembered(["a", "b"], "b"), ["b", "a"]);
});

test("what is near and named alike is shown before it is added again", () => {
  const entries = [entry("1", "St Mark's Church Hall", -1.93, 53.72), entry("2", "Chip shop", -1.93, 53.72), entry("3", "St Marks church hall", -1.5, 53.72)];
  const place = { longitude: -1.9301, latitude: 53.7201 };
  const found = suspects(entries, { kind: "asset", title: "st marks hall", category: "pla_cafe", place });
  assert.deepEqual(found.map(({ entry: { uid } }) => uid), ["1"]);
  assert.equal(suspects(entries, { kind: "offer", title: "st marks hall", place }).length, 0);
  assert.ok(alike("Community cafe", "community café") > 0.7);
});

test("distances are right to a metre over a street, and said in words", () => {
  assert.ok(Math.abs(metres([-1.93, 53.72], [-1.93, 53.721]) - 111.2) < 0.5);
  assert.equal(away(12.4), "12 m away");
  assert.equal(away(1400), "1.4 km away");
  assert.equal(away(null), "");
});

test("the list to check is in the order of a walk without crossings, the placeless last", () => {
  const line = [3, 1, 4, 2].map((n) => entry(String(n), `Stop ${n}`, -1.93 + n / 1000, 53.72));
  const ordered = route([entry("0", "Nowhere", null, null), ...line], [-1.93, 53.72]);
  assert.deepEqual(ordered.map(({ uid }) => uid), ["1", "2", "3", "4", "0"]);
  const length = (stops) => stops.slice(1).reduce((sum, stop, i) => sum + metres([stops[i].longitude, stops[i].latitude], [stop.longitude, stop.latitude]), 0);
  const scattered = Array.from({ length: 24 }, (_, i) => entry(String(i), `S${i}`, -1.93 + ((i * 7919) % 97) / 9700, 53.72 + ((i * 104_729) % 89) / 8900));
  assert.ok(length(route(scattered, [-1.93, 53.72])) < length(scattered) / 2);
  assert.deepEqual(route(line, [-1.93, 53.72], 2), route(line, [-1.93, 53.72]).slice(0, 2));
});

test("the first forty of a whole pack are put in order without a look from each at each", () => {
  let looks = 0;
  const many = Array.from({ length: 1500 }, (_, n) => ({ uid: n, get longitude() { looks += 1; return -1.93 + (n % 40) / 1e4; }, latitude: 53.72 + n / 1e6 }));
  assert.equal(route(many, [-1.93, 53.72], 40).length, 40);
  assert.ok(looks < 200_000, `${looks}`);
});

test("a pin is moved in metres and then no longer claims to be a fix", () => {
  const place = moved({ longitude: -1.93, latitude: 53.72, accuracyM: 5, method: "gps" }, 10, 0);
  assert.ok(Math.abs(metres([-1.93, 53.72], [place.longitude, place.latitude]) - 10) < 0.1);
  assert.deepEqual(asDraft(place), { geometry: { type: "Point", coordinates: [place.longitude, 53.72] }, location_method: "map_click" });
  assert.deepEqual(asDraft(null), {});
  assert.equal(asDraft({ ...place, accuracyM: 240_000 }).accuracy_m, 100_000); // more than the register takes
  assert.match(words(null, false), /save without/);
});

test("a quick finding says nothing but what the closed list says", () => {
  const [problems] = LISTS;
  const terms = [{ code: "env_litt", label: "Litter" }, { code: "env_need", label: "Sharps", route_only: true }, { code: "xxx", label: "Other" }];
  assert.deepEqual(offered(problems, terms).map(({ code }) => code), ["env_litt"]);
  const draft = quickDraft(problems, terms[0], { severity: 3, observer: "officer", walkabout: "w", now: new Date("2026-11-21T23:00:00") });
  assert.deepEqual([draft.title, draft.description, draft.direction, draft.time_of_day, draft.found_on], ["Litter", undefined, "problem", "night", "w"]);
});

test("a photo shrinks to 1600 pixels and a box stays inside it whichever corner came first", () => {
  assert.deepEqual(fitted(4000, 3000), { width: 1600, height: 1200 });
  assert.deepEqual(fitted(800, 600), { width: 800, height: 600 });
  assert.deepEqual(boxOf([90, 80], [-5, 20], { width: 100, height: 100 }), { x: 0, y: 20, width: 90, height: 60 });
});

test("a pack is read whichever way it names things, and what was marked here stays marked", () => {
  const sent = { categories: [{ scheme: "asset", code: "pla_hall", label: "Hall" }], entries: [{ uid: "1", version: 2, category: "pla_hall", due: true }], is_whole: false };
  const pack = asPack(sent);
  assert.deepEqual([pack.categories.asset.length, pack.entries[0].category.label, pack.entries[0].overdue, pack.truncated], [1, "Hall", true, true]);
  const marked = { entries: [{ ...pack.entries[0], found: "here" }] };
  assert.equal(asPack(sent, marked).entries[0].found, "here");
  assert.equal(asPack({ ...sent, entries: [{ ...sent.entries[0], version: 3 }] }, marked).entries[0].found, undefined);
  assert.equal(addressOf({ uid: "w", bbox: null }, { longitude: -1.9, latitude: 53.7 }), "/api/walk/packs/w?near=-1.9,53.7");
});

test("an unplanned walk is where something was logged last on it, by whoever takes it along", () => {
  const at = (longitude) => ({ found_on: "w", geometry: { type: "Point", coordinates: [longitude, 53.7] } });
  const own = (draft, when, user = "u") => ({ user, at: when, draft });
  const logged = [own(at(-1.91), 2), own(at(-1.92), 3), own(at(-1.9), 1), own({ found_on: "w" }, 4), own(at(-3), 5, "other"), own({ ...at(-3), found_on: "another" }, 6)];
  assert.deepEqual(lastPlace(logged, "w", "u"), { longitude: -1.92, latitude: 53.7 });
  assert.equal(lastPlace(logged.slice(3), "w", "u"), null);
});

test("a clock that is a day off is put right by the register's, a slow second is not", () => {
  assert.equal(rightNow({ aheadMs: 86_400_000 }, 86_400_000 * 2).getTime(), 86_400_000);
  assert.equal(rightNow({ aheadMs: 900 }, 5000).getTime(), 5000);
});

test("the phone warns of room that runs out, of what waits too long, and of what may be cleared", () => {
  const now = 100 * 3600_000;
  assert.equal(warnings({ used: 90, allowed: 100, persisted: true, now }).length, 1);
  assert.equal(warnings({ used: 1, allowed: 100, oldest: 0, now }).length, 2);
  assert.equal(warnings({ used: 1, allowed: 100, oldest: now, now }).length, 0);
  assert.match(failure({ name: "QuotaExceededError" }), /full/);
  assert.equal(age(0, 26 * 60_000), "26 min ago");
});

test("a position too vague to draw a line with is left out of a route", () => {
  const coords = { longitude: -1.93000049, latitude: 53.72, accuracy: 8.2 };
  assert.deepEqual(position({ coords, timestamp: 5.4 }), [-1.93, 53.72, 9, 5]);
  assert.equal(position({ coords: { ...coords, accuracy: 61 }, timestamp: 5 }), null);
});

test("Save pressed twice saves once, and can be pressed again afterwards", async () => {
  let saved = 0;
  const save = oneAtATime(async () => { saved += 1; await null; });
  await Promise.all([save(), save()]);
  assert.equal(saved, 1);
  await save();
  assert.equal(saved, 2);
});

test("a long sentence gives its title its beginning, and is kept whole beside it", () => {
  const words = "they could open the hall on Mondays and ".repeat(9).trim();
  const { title, more } = titled(words);
  assert.ok(title.length <= 160 && words.startsWith(title.replace("…", "")), title); // whole words
  assert.equal(more, words);
  assert.ok(titled("x".repeat(161)).title.length <= 160);
  assert.deepEqual(titled("a hall"), { title: "a hall", more: "" });
});

test("what is logged from one screen at two corners has the place of each", ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
  let answer;
  const geolocation = { watchPosition: (take) => { answer = take; return 1; }, clearWatch: () => { answer = null; } };
  const fix = (longitude) => answer({ coords: { longitude, latitude: 53.72, accuracy: 5 } });
  const [said, late] = [[], []];
  const here = standing((words_) => said.push(words_), (entry, place) => late.push([entry, place.longitude]), geolocation);
  fix(-1.93);
  assert.equal(fresh().longitude, -1.93);
  here.saved("first");
  mock.timers.tick(61_000);
  assert.equal(fresh(), null); // an old fix is no place to log at
  here.look();
  here.saved("second");
  fix(-1.926);
  assert.deepEqual([fresh().longitude, late], [-1.926, [["second", -1.926]]]);
  here.look();
  here.saved("third");
  mock.timers.tick(12_000);
  here.look();
  fix(-1.9);
  assert.equal(late.length, 1); // a fix from another corner is not the third's
  assert.equal(said[0], "Finding where you are…");
  here.stop();
});

test("the screen stays on while a route is recorded, also after a call or another app", async () => {
  const page = Object.assign(new EventTarget(), { hidden: false });
  let [asked, let_go] = [0, 0];
  const wakeLock = { request: async () => { asked += 1; return { release: () => { let_go += 1; } }; } };
  const seen = () => { page.dispatchEvent(new Event("visibilitychange")); return Promise.resolve(); };
  const release = stayAwake(page, wakeLock);
  await seen(); // the phone lets go whenever the page is hidden
  assert.equal(asked, 2);
  page.hidden = true;
  await seen();
  release();
  page.hidden = false;
  await seen();
  assert.deepEqual([asked, let_go], [2, 1]);
  stayAwake(page, null)(); // not every phone can
});
