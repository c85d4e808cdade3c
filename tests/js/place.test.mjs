import assert from "node:assert/strict";
import test from "node:test";
import {
  better, found, fromFields, located, nowhere, nudge, pressed, words,
} from "../../static/js/map/place.js";

test("a press on the map is a place of no stated accuracy", () => {
  assert.deepEqual(pressed(-1.92000049, 53.7), { longitude: -1.92, latitude: 53.7, accuracyM: null, method: "map_click" });
});

test("a fix from the device never promises more than the device does", () => {
  const fix = located({ longitude: -1.9, latitude: 53.7, accuracy: 8.2 });
  assert.equal(fix.accuracyM, 9);
  assert.equal(fix.method, "gps");
  assert.match(words(fix), /within about 9 m/);
});

test("the surer of two fixes is kept", () => {
  const [near, far] = [{ accuracyM: 5 }, { accuracyM: 50 }];
  assert.equal(better(null, far), far);
  assert.equal(better(far, near), near);
  assert.equal(better(near, far), near);
});

test("arrow keys move the pin, with Shift by one pixel, and other keys do not", () => {
  assert.deepEqual(nudge("ArrowLeft", false), [-8, 0]);
  assert.deepEqual(nudge("ArrowDown", true), [0, 1]);
  assert.deepEqual(nudge("Enter", false), [0, 0]);
});

test("a form that held a place gives it back, and one that held none gives nowhere", () => {
  const held = fromFields({ longitude: "-1.9", latitude: "53.7", accuracyM: "9", method: "gps" });
  assert.deepEqual(held, { longitude: -1.9, latitude: 53.7, accuracyM: 9, method: "gps" });
  assert.equal(fromFields({ longitude: "", latitude: "", accuracyM: "", method: "" }), nowhere);
  assert.equal(fromFields({ longitude: "west", latitude: "1", accuracyM: "", method: "" }), nowhere);
});

test("a typed place is shown in the middle of the map, and one that is not known is said to be", () => {
  const place = { label: "QX1 3BT", longitude: -1.9, latitude: 53.7 };
  assert.deepEqual(found({ places: [place] }).at, [53.7, -1.9]);
  assert.match(found({ places: [place] }).said, /^QX1 3BT is at the middle/);
  assert.deepEqual(found({ places: [], problem: "Not loaded." }), { at: null, said: "Not loaded." });
});
