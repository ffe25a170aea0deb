// Calls exported functions with generated arguments and writes down what came of each call: see
// behaviour.py, which does the same for Python.

import fs from "node:fs";
import path from "node:path";
import util from "node:util";
import { pathToFileURL } from "node:url";

const WORDS = ["", "a", "abc", "Hello, World", "x=1;y=2", "  padded  ", "12", "-3.5", "naïve ünï", "a/b/c.txt", "line\nline"];
const NUMBERS = [0, 1, 2, -1, 3, 7, 10, 100, -5, 255, 1000, 0.5, 3.14];

// mulberry32: small, seeded, the same everywhere.
function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const shown = (value) => util.inspect(value, { depth: 5, breakLength: Infinity, sorted: true, maxStringLength: 2000, maxArrayLength: 100 });

function literals(text) {
  const words = [], numbers = [];
  for (const [, word] of text.matchAll(/["'`]([^"'`\n]{0,30})["'`]/g)) words.push(word);
  for (const [number] of text.matchAll(/\b\d{1,6}(\.\d+)?\b/g)) numbers.push(Number(number), Number(number) - 1, Number(number) + 1);
  return { words: words.slice(0, 12), numbers: numbers.slice(0, 24) };
}

function maker(rng, known) {
  const pick = (list) => list[Math.floor(rng() * list.length)];
  const number = () => pick([...NUMBERS, ...known.numbers, ...known.numbers]);
  const word = () => pick([...WORDS, ...known.words, ...known.words]);
  const list = (of) => Array.from({ length: Math.floor(rng() * 6) }, of);
  return (parameter) => {
    const name = parameter.toLowerCase();
    if (/^(n|i|j|k|x|y|a|b)$|num|count|size|len|index|limit|width|height|year|month|day|age|amount|price|total/.test(name) && rng() < 0.8) return number();
    if (/name|text|str|word|line|path|key|title|msg|message|label|url|char|prefix|suffix|sep|source|pattern/.test(name) && rng() < 0.8) return word();
    if (/items|list|values|rows|seq|elements|numbers|words|lines|args|data|s$/.test(name) && rng() < 0.7) return list(rng() < 0.5 ? number : word);
    if (/config|options|opts|params|table|map/.test(name)) return Object.fromEntries(list(() => [word(), number()]));
    if (/^(is|has|use|should|allow|flag|enable|strict)/.test(name)) return rng() < 0.5;
    return pick([number, word, () => undefined, () => null, () => list(number), () => ({ [word()]: number() }), () => rng() < 0.5])();
  };
}

function parameters(fn) {
  const text = fn.toString();
  const head = text.slice(text.indexOf("(") + 1);
  if (!text.includes("(") || (text.includes("=>") && text.indexOf("=>") < text.indexOf("("))) return [text.split("=>")[0].trim()];
  const out = [];
  let depth = 0, word = "";
  for (const c of head) {
    if (depth === 0 && c === ")") break;
    if ("([{".includes(c)) depth += 1;
    if (")]}".includes(c)) depth -= 1;
    if (depth === 0 && c === ",") { out.push(word); word = ""; } else word += c;
  }
  out.push(word);
  return out.map((w) => w.trim()).filter(Boolean).map((w) => w.replace(/^\.\.\./, "").split("=")[0].trim());
}

async function main() {
  const side = process.env.SLM_SIDE;
  const specs = JSON.parse(fs.readFileSync(path.join(side, "spec.json"), "utf8"));
  const file = fs.openSync(path.join(side, "calls.jsonl"), "w");
  const write = (record) => fs.writeSync(file, JSON.stringify(record) + "\n");
  for (const spec of specs) {
    const head = { function: spec.function, path: spec.path };
    try {
      const module = await import(pathToFileURL(path.resolve(spec.path)).href);
      const parts = spec.function.split(".");
      let fn = module[parts[0]] ?? module.default?.[parts[0]] ?? (module.default?.name === parts[0] ? module.default : undefined);
      for (const part of parts.slice(1)) fn = fn?.[part];
      if (typeof fn !== "function" || /^class\b/.test(fn.toString())) throw new TypeError("is no exported plain function");
      const known = spec.literals ?? literals(fn.toString());
      const make = maker(random(spec.seed), known);
      for (let turn = 0; turn < spec.calls; turn += 1) {
        const args = parameters(fn).map(make);
        const before = shown(args);
        const told = {};
        try {
          let result = await Promise.race([fn(...args), new Promise((_, no) => setTimeout(no, 500, "too long").unref())]);
          if (result && typeof result.next === "function") result = Array.from({ length: 50 }, () => result.next()).map((step) => step.value);
          told.returns = shown(result);
        } catch (error) {
          if (error === "too long") continue;
          told.raises = `${error?.name}: ${error?.message}`;
        }
        const after = shown(args);
        if (after !== before) told["arguments after"] = after;
        write({ ...head, call: turn, arguments: before, ...told });
      }
      write({ ...head, ran: [], literals: known });
    } catch (error) {
      write({ ...head, unable: String(error).slice(0, 300) });
    }
  }
}

await main();
process.exit(0);
