import assert from "node:assert/strict";
import { slug } from "./src/slug.js";
assert.equal(slug(""), "");
assert.equal(slug("Über 7 Brücken"), "uber-7-brucken");
