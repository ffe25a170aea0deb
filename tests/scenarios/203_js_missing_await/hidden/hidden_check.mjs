import assert from "node:assert/strict";
import { Store } from "./src/store.js";
import { Quota } from "./src/quota.js";
const store = new Store();
const quota = new Quota(store, 3);
assert.equal(await quota.take("x", 3), true);
assert.equal(await quota.take("x", 1), false);
assert.equal(await quota.take("y", 4), false);
assert.equal(await store.get("x"), 3);
