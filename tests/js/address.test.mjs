import assert from "node:assert/strict";
import test from "node:test";
import { boxOf, clusterAddress, cornersOf, withBox } from "../../static/js/map/address.js";

const bounds = {
  getWest: () => -1.9200001, getSouth: () => 53.7, getEast: () => -1.9, getNorth: () => 53.75,
};

test("a box is west, south, east, north to about a metre", () => {
  assert.equal(boxOf(bounds), "-1.92000,53.70000,-1.90000,53.75000");
});

test("a box becomes corners with latitude first, as Leaflet wants them", () => {
  assert.deepEqual(cornersOf("-1.92,53.7,-1.9,53.75"), [[53.7, -1.92], [53.75, -1.9]]);
});

test("what is not a box has no corners", () => {
  for (const wrong of ["", undefined, "1,2,3", "a,b,c,d", "2,1,1,2", "1,2,2,1"]) {
    assert.equal(cornersOf(wrong), null, String(wrong));
  }
});

test("searching in a box keeps the other filters and starts at the first page", () => {
  const address = withBox("http://a.test/?kind=offer&kind=asset&cursor=x&within=%7B%7D", "1,2,3,4");
  assert.equal(address, "http://a.test/?kind=offer&kind=asset&bbox=1%2C2%2C3%2C4");
});

test("clusters are asked for with the filters of the page, the view's box and a whole zoom", () => {
  const url = new URL(clusterAddress("/api/map?kind=offer&text=a%26b&cursor=x", "http://a.test/", "1,2,3,4", 14.5));
  assert.equal(url.pathname, "/api/map");
  assert.deepEqual(Object.fromEntries(url.searchParams), { kind: "offer", text: "a&b", bbox: "1,2,3,4", zoom: "15" });
});

test("clusters are asked for without the entries that have a pin already", () => {
  const uids = ["0190a000-0000-7000-8000-000000000001", "0190a000-0000-7000-8000-000000000002"];
  const address = clusterAddress("/api/map", "http://a.test/", "1,2,3,4", 9, uids);
  assert.ok(address.endsWith("&without=0190a000000070008000000000000001,0190a000000070008000000000000002"));
});
