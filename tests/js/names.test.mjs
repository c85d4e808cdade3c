import assert from "node:assert/strict";
import test from "node:test";
import { clusterName, clusterSize, pinName, pinText, placed } from "../../static/js/map/names.js";

const cafe = { number: 3, title: "Repair Café", kind: "offer", category: "Tools" };

test("a pin shows the number that its entry has in the list", () => {
  assert.equal(pinText(cafe), "3");
});

test("a pin that is not in the list shows the letter of its kind", () => {
  assert.equal(pinText({ kind: "hotspot" }), "H");
  assert.equal(pinText({ kind: "unheard of" }), "?");
});

test("a pin that stands for several says so in sight and in its name", () => {
  assert.equal(pinText(cafe, 2), "3+");
  assert.equal(pinName(cafe, 2), "3. Repair Café, Offer, Tools, and 2 more here");
});

test("a pin is named by number, title, kind and category, whichever form the category has", () => {
  assert.equal(pinName(cafe), "3. Repair Café, Offer, Tools");
  assert.equal(pinName({ ...cafe, number: null, category: { code: "t", label: "Tools" } }), "Repair Café, Offer, Tools");
});

test("a cluster says how many entries it has and what pressing it does", () => {
  assert.equal(clusterName(24), "24 entries, zoom in");
  assert.equal(clusterName(1), "1 entry, zoom in");
  assert.equal(clusterName(1240), "1,240 entries, zoom in");
});

test("no cluster is too small for a finger", () => {
  for (const count of [0, 1, 9, 10, 1e6]) assert.ok(clusterSize(count) >= 44);
});

test("only entries with a position are put on the map", () => {
  const entries = [{ longitude: 0, latitude: 0 }, { longitude: null, latitude: null }, {}];
  assert.deepEqual(placed(entries), entries.slice(0, 1));
});
