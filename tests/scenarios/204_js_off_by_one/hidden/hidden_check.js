const assert = require("node:assert");
const { compact } = require("./lib/ranges");
assert.strictEqual(compact([4]), "4");
assert.strictEqual(compact([1, 3, 4, 5]), "1, 3-5");
assert.strictEqual(compact([]), "");
