const test = require("node:test");
const assert = require("node:assert");
const { compact } = require("../lib/ranges");

test("runs are joined", () => {
  assert.strictEqual(compact([1, 2, 3, 7]), "1-3, 7");
});

test("no pages", () => {
  assert.strictEqual(compact([]), "");
});
