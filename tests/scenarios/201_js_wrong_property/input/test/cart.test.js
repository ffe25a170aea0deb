import test from "node:test";
import assert from "node:assert/strict";
import { Cart } from "../src/cart.js";

test("an empty cart costs nothing", () => {
  assert.equal(new Cart().total(), 0);
});

test("lines are summed", () => {
  const cart = new Cart();
  cart.add("tea", 300);
  cart.add("cup", 450, 2);
  cart.add("tea", 300);
  assert.equal(cart.total(), 1500);
});
