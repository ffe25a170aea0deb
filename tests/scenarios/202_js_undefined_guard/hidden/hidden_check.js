const assert = require("assert");
const { safe } = require("./menu");
assert.deepStrictEqual(safe([]), ["soup", "pasta", "salad"]);
assert.deepStrictEqual(safe(["celery", "gluten"]), ["salad"]);
