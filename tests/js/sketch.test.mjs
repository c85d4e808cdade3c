import assert from "node:assert/strict";
import test from "node:test";
import {
  advice, canFinish, empty, finished, fromText, toGeometry, undone, withPoint,
} from "../../static/js/map/sketch.js";

const draw = (kind, points) => points.reduce((sketch, point) => withPoint(sketch, ...point), empty(kind));
const square = [[0, 0], [1, 0], [1, 1], [0, 1]];

test("an area needs three points and a line two", () => {
  assert.equal(canFinish(draw("polygon", square.slice(0, 2))), false);
  assert.equal(canFinish(draw("polygon", square.slice(0, 3))), true);
  assert.equal(canFinish(draw("line", square.slice(0, 2))), true);
});

test("a finished area is a closed ring, anticlockwise whichever way it was drawn", () => {
  const ring = [...square, square[0]];
  assert.deepEqual(toGeometry(finished(draw("polygon", square))), { type: "Polygon", coordinates: [ring] });
  const backwards = toGeometry(finished(draw("polygon", [...square].reverse())));
  assert.deepEqual(backwards.coordinates[0].slice(0, 4), square);
});

test("a shape that isn't finished is nothing", () => {
  assert.equal(toGeometry(draw("polygon", square)), null);
  assert.equal(toGeometry(finished(draw("polygon", square.slice(0, 2)))), null);
});

test("the same point twice is one point", () => {
  assert.equal(draw("line", [[1, 1], [1, 1]]).points.length, 1);
});

test("points are kept to six places", () => {
  assert.deepEqual(draw("line", [[1.23456789, 2]]).points, [[1.234568, 2]]);
});

test("a shape stops taking points at two hundred", () => {
  const many = Array.from({ length: 250 }, (_, index) => [index / 1000, 0]);
  assert.equal(draw("line", many).points.length, 200);
});

test("undo takes back the finish first and then a point", () => {
  const done = finished(draw("polygon", square));
  assert.equal(undone(done).points.length, 4);
  assert.equal(undone(done).done, false);
  assert.equal(undone(undone(done)).points.length, 3);
  assert.deepEqual(undone(empty("line")).points, []);
});

test("a shape survives being written to a form and read again", () => {
  for (const [kind, points] of [["polygon", square], ["line", square.slice(0, 2)]]) {
    const sketch = finished(draw(kind, points));
    assert.deepEqual(fromText(kind, JSON.stringify(toGeometry(sketch))), sketch);
  }
});

test("text that is no shape of this kind reads as an empty sketch", () => {
  const wrong = ["", "{", "null", "[]", '{"type":"Point","coordinates":[1,2]}', '{"type":"Polygon"}',
    '{"type":"Polygon","coordinates":[[["a",1],[2,3],[4,5],["a",1]]]}'];
  for (const text of wrong) assert.deepEqual(fromText("polygon", text), empty("polygon"), text);
});

test("the person drawing is told how many points are missing", () => {
  assert.match(advice(draw("polygon", square.slice(0, 1))), /Add 2 more/);
  assert.match(advice(draw("polygon", square)), /finish/);
});
