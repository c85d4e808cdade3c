import assert from "node:assert/strict";
import test from "node:test";
import { apart, covered, length } from "../../static/js/walk/coverage.js";

const NORTH = 53.735;
const street = Array.from({ length: 60 }, (_, n) => [-1.92 + n * 0.0002, NORTH, 8, n]);

test("metres are metres, and a way is as long as its steps", () => {
  assert.ok(Math.abs(apart([-1.92, NORTH], [-1.92, NORTH + 0.01]) - 1113.2) < 1);
  assert.ok(Math.abs(apart([-1.92, NORTH], [-1.91, NORTH]) - 658.5) < 2);
  assert.ok(Math.abs(length(street) - 59 * apart(street[0], street[1])) < 0.1);
  assert.equal(length([]), 0);
});

test("what was seen from the way is covered, and a hole in an area is no part of it", () => {
  const along = { type: "LineString", coordinates: [[-1.92, NORTH], [-1.92 + 59 * 0.0002, NORTH]] };
  assert.equal(covered(along, street), 1);
  assert.equal(covered(along, []), 0);
  const box = (w, s, e, n) => [[w, s], [e, s], [e, n], [w, n], [w, s]];
  const wide = { type: "Polygon", coordinates: [box(-1.92, NORTH - 0.005, -1.91, NORTH + 0.005)] };
  const share = covered(wide, street);
  assert.ok(share > 0.03 && share < 0.15, `${share}`);
  const narrow = { type: "Polygon", coordinates: [box(-1.92, NORTH - 0.005, -1.91, NORTH + 0.005), box(-1.921, NORTH + 0.0006, -1.909, NORTH + 0.0049)] };
  assert.ok(covered(narrow, street) > share);
  assert.equal(covered({ type: "Point", coordinates: [-1.92, NORTH] }, street), null);
  assert.equal(covered(null, street), null);
});

