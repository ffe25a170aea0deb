import assert from "node:assert/strict";
import { Cart } from "./src/cart.js";
const cart = new Cart();
cart.add("a", 5, 0);
cart.add("b", 7, 3);
assert.equal(cart.total(), 21);
