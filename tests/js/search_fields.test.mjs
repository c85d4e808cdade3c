import assert from "node:assert/strict";
import test from "node:test";
import { blanks, suggestions } from "../../static/js/search/fields.js";

test("what is blank or usual stays out of the address", () => {
  const pairs = [["text", "food"], ["where", " "], ["how", "near"], ["within_m", "2000"], ["sort", "relevance"], ["category", ""]];
  assert.deepEqual(blanks(pairs).sort(), ["category", "how", "sort", "where", "within_m"]);
});

test("how near is kept where it counts and left out where it does not", () => {
  const lying = (how) => [["where", "HU1 3UB"], ["how", how], ["within_m", "500"]];
  assert.deepEqual(blanks(lying("near")), []);
  assert.deepEqual(blanks(lying("covers")), ["within_m"]);
});

test("each place is suggested once", () => {
  assert.deepEqual(suggestions({ places: [{ label: "Hollins (ward)" }, { label: "Hollins (ward)" }] }), ["Hollins (ward)"]);
  assert.deepEqual(suggestions({}), []);
});
