import test from "node:test";
import assert from "node:assert/strict";
import { slug } from "../src/slug.js";

test("marks go", () => {
  assert.equal(slug("Crème brûlée!"), "creme-brulee");
});

test("cut at a word", () => {
  assert.equal(slug("one two three", 8), "one-two");
});
