const assert = require("assert");
const { safe, price } = require("./menu");

assert.strictEqual(price(["soup", "salad"]), 1140);
assert.deepStrictEqual(safe(["egg"]), ["soup", "salad"]);
console.log("menu checked");
