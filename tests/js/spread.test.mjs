import assert from "node:assert/strict";
import test from "node:test";
import { clear, filling, stacks } from "../../static/js/map/spread.js";

test("pins that would cover one another become one, in the order of the list", () => {
  const points = [{ x: 0, y: 0 }, { x: 100, y: 0 }, { x: 10, y: 10 }];
  assert.deepEqual(stacks(points), [[0, 2], [1]]);
});

test("pins far enough apart to press stay on their own", () => {
  assert.deepEqual(stacks([{ x: 0, y: 0 }, { x: 32, y: 0 }, { x: 0, y: 36 }]), [[0], [1], [2]]);
});

test("two clusters at one spot become one with the sum of both", () => {
  const [only, ...rest] = clear([{ x: 0, y: 0, count: 3 }, { x: 5, y: 5, count: 4 }], []);
  assert.equal(only.count, 7);
  assert.equal(only.merged, true);
  assert.equal(rest.length, 0);
});

test("a cluster under a pin moves aside", () => {
  const [moved] = clear([{ x: 0, y: 0, count: 3 }], [{ x: 0, y: 0 }]);
  assert.ok(Math.hypot(moved.x, moved.y) >= 50);
  assert.equal(moved.moved, true);
});

test("no entry is lost however crowded the map is", () => {
  const items = Array.from({ length: 400 }, (_, index) => ({ x: (index * 37) % 300, y: (index * 53) % 200, count: 1 + (index % 5) }));
  const pins = Array.from({ length: 60 }, (_, index) => ({ x: (index * 71) % 300, y: (index * 29) % 200 }));
  const total = (list) => list.reduce((sum, { count }) => sum + count, 0);
  const kept = clear(items, pins);
  assert.equal(total(kept), total(items));
  for (const a of kept) for (const b of kept) if (a !== b) assert.ok(Math.hypot(a.x - b.x, a.y - b.y) >= 50 || kept.length === 1);
});

test("what was given stays as it was", () => {
  const items = [{ x: 0, y: 0, count: 1 }, { x: 1, y: 1, count: 1 }];
  clear(items, []);
  assert.deepEqual(items.map(({ count }) => count), [1, 1]);
});

test("a control is filled with points, one at the middle when it is small", () => {
  assert.deepEqual(filling({ left: 10, top: 10, width: 44, height: 44 }), [{ x: 32, y: 32 }]);
  assert.equal(filling({ left: 0, top: 0, width: 44, height: 88 }).length, 2);
});
