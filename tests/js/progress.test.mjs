import assert from "node:assert/strict";
import test from "node:test";
import { pause, sentence } from "../../static/js/progress/steps.js";

test("each failure doubles the wait, up to a quarter of a minute", () => {
  assert.equal(pause(0), 700);
  assert.equal(pause(1), 1400);
  assert.equal(pause(50), 15_000);
});

test("the line under the bar says what is being done and how far it is", () => {
  assert.equal(sentence({ done: 1200, total: 5000, text: "Reading rows" }), "Reading rows: 1,200 of 5,000");
  assert.equal(sentence({ done: 1, total: 2 }), "1 of 2");
  assert.equal(sentence({}), "Working");
  assert.equal(sentence({ finished: true }), "Finished");
});
