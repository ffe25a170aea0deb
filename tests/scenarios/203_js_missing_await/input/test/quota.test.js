import test from "node:test";
import assert from "node:assert/strict";
import { Store } from "../src/store.js";
import { Quota } from "../src/quota.js";

test("fits", async () => {
  assert.equal(await new Quota(new Store(), 10).take("a", 4), true);
});

test("the limit holds", async () => {
  const quota = new Quota(new Store(), 10);
  assert.equal(await quota.take("a", 7), true);
  assert.equal(await quota.take("a", 7), false);
  assert.equal(await quota.take("b", 7), true);
});
