// slm's check server for Node: runs many candidates from one start of the command.
//
// Each candidate is written to the scratch view and run in a worker thread: a JavaScript engine of
// its own with nothing loaded, which starts several times faster than a process. What a candidate
// does to builtins, modules, globals and `process.exit` ends with its thread, which can be stopped
// in an endless loop and has a memory limit of its own. Processes that it leaves are killed, and
// where the file system does not look as before slm is told.
//
// It proves nothing to anybody: what passes here is run again, from the start, as the plain command.
"use strict";

const fs = require("fs");
const net = require("net");
const path = require("path");
const { Worker } = require("worker_threads");

const entry = JSON.parse(process.env.SLM_ENTRY);
const root = process.env.SLM_ROOT.replace(/\/*$/, "/");
delete process.env.SLM_ENTRY;
const MAX_OUTPUT = 1 << 20;

// -- what the command runs ---------------------------------------------------------------------

// Flags of a process that a thread can neither have nor needs.
const OF_TEST_RUNNER = /^--(test|test-.*|experimental-test-.*|watch.*|inspect.*|enable-source-maps)(=.*)?$/;

function programs() {
  const flags = entry.flags.filter((flag) => !OF_TEST_RUNNER.test(flag));
  const is_runner = entry.flags.includes("--test");
  if (!is_runner) {
    const [main, ...args] = entry.argv;
    const name = path.basename(main || "");
    const real = main && fs.existsSync(main) ? fs.realpathSync(main) : main;
    const inside = /^jest(\.js)?$/.test(name) && !args.includes("-i") ? ["--runInBand"] : [];
    return [{ main: real, args: args.concat(inside), flags }];
  }
  const named = entry.argv;
  const files = named.length ? named.flatMap((one) => below(path.resolve(one), () => true, true)) : discovered();
  return [...new Set(files)].map((main) => ({ main, args: [], flags }));
}

// What `node --test` finds by itself, as its documentation has it.
function discovered() {
  const is_test = (file) => {
    const name = path.basename(file).replace(/\.[cm]?js$/, "");
    const in_test_folder = path.relative(process.cwd(), file).split(path.sep).slice(0, -1).includes("test");
    return in_test_folder || /^test$|^test-|[.\-_]test$/.test(name);
  };
  return below(process.cwd(), is_test, false);
}

function below(where, wanted, is_named) {
  let about;
  try {
    about = fs.statSync(where);
  } catch {
    return [];
  }
  if (about.isFile()) return is_named || (/\.[cm]?js$/.test(where) && wanted(where)) ? [where] : [];
  return fs
    .readdirSync(where)
    .sort()
    .filter((name) => name !== "node_modules" && name !== ".git")
    .flatMap((name) => below(path.join(where, name), wanted, false));
}

// -- one candidate -----------------------------------------------------------------------------

let todo = null;
let number = 0;

async function answer(request, blob) {
  todo = todo || programs();
  if (!todo.length) return { status: "absent" };
  const originals = new Map();
  let at = 0;
  for (const [name, size] of request.files) {
    const file = root + name;
    originals.set(file, read(file));
    fs.writeFileSync(file, blob.subarray(at, at + size));
    at += size;
  }
  const before = surroundings();
  const scratch = fs.mkdtempSync(path.join(process.env.SLM_SIDE, "t"));
  const began = process.hrtime.bigint();
  const result = { status: "ran", code: 0, timeout: false, output: "", memory: 0 };
  let left = request.wall * 1000;
  for (const program of [...todo]) {
    const one = await run(program, left, request.memory, scratch);
    left -= one.spent;
    result.output = (result.output + one.output).slice(-MAX_OUTPUT);
    result.timeout = one.timeout;
    if (one.unknown) {
      result.status = "error";
      result.why = one.unknown;
    }
    if (one.code !== 0 || one.timeout) {
      result.code = one.code || 1;
      // What fails is what the next candidate should be asked first.
      todo.splice(todo.indexOf(program), 1);
      todo.unshift(program);
      break;
    }
  }
  result.seconds = Number(process.hrtime.bigint() - began) / 1e9;
  const killed = sweep();
  fs.rmSync(scratch, { recursive: true, force: true });
  for (const [file, bytes] of originals) {
    if (bytes === null) fs.rmSync(file, { force: true });
    else fs.writeFileSync(file, bytes);
  }
  const after = surroundings();
  if (killed) result.disorder = "a candidate left processes";
  if (before && after && before !== after) result.disorder = "a candidate changed files";
  return result;
}

function run(program, wall, memory, scratch) {
  return new Promise((resolve) => {
    const began = Date.now();
    const result = { code: 0, timeout: false, output: "", spent: 0, unknown: "" };
    let worker;
    try {
      worker = new Worker(program.main, {
        argv: program.args,
        execArgv: program.flags,
        env: { ...process.env, TMPDIR: scratch, SLM_CANDIDATE: String(++number) },
        stdout: true,
        stderr: true,
        stdin: false,
        resourceLimits: memory ? { maxOldGenerationSizeMb: Math.max(64, memory / (1 << 20)) } : {},
      });
    } catch (error) {
      resolve({ ...result, code: 1, unknown: String(error) });
      return;
    }
    const timer = setTimeout(() => {
      result.timeout = true;
      worker.terminate();
    }, Math.max(1, wall));
    const add = (data) => {
      if (result.output.length < MAX_OUTPUT) result.output += data;
    };
    worker.stdout.on("data", add);
    worker.stderr.on("data", add);
    worker.on("error", (error) => {
      add("\nUncaught:\n" + String((error && error.stack) || error) + "\n");
    });
    worker.on("exit", (code) => {
      clearTimeout(timer);
      result.code = code;
      result.spent = Date.now() - began;
      // The last of its output arrives after it.
      setImmediate(() => resolve(result));
    });
  });
}

function read(file) {
  try {
    return fs.readFileSync(file);
  } catch {
    return null;
  }
}

// Blocks and inodes in use: anything that was written and left shows here.
function surroundings() {
  if (!fs.statfsSync) return "";
  try {
    return [root, "/tmp"].map((where) => fs.statfsSync(where).ffree).join(" ");
  } catch {
    return "";
  }
}

// Kills what a candidate has started and left: everything that is no ancestor of this process.
function sweep() {
  const parents = new Map();
  for (const name of fs.readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = fs.readFileSync(`/proc/${name}/stat`, "latin1");
      const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (state !== "Z") parents.set(Number(name), Number(parent));
    } catch {}
  }
  const own = new Set([1]);
  for (let pid = process.pid; pid > 0 && !own.has(pid); pid = parents.get(pid) || 0) own.add(pid);
  const others = [...parents.keys()].filter((pid) => !own.has(pid));
  for (const pid of others) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {}
  }
  return others.length > 0;
}

// -- the channel -------------------------------------------------------------------------------

const channel = new net.Socket({ fd: 0, readable: true, writable: true });
let held = Buffer.alloc(0);
let busy = false;

channel.on("data", (data) => {
  held = Buffer.concat([held, data]);
  serve();
});
channel.on("close", () => process.exit(0));
channel.on("error", () => process.exit(0));

async function serve() {
  if (busy || held.length < 8) return;
  const text = held.readUInt32BE(0);
  const blob = held.readUInt32BE(4);
  if (held.length < 8 + text + blob) return;
  busy = true;
  const request = JSON.parse(held.subarray(8, 8 + text).toString("utf8"));
  const contents = held.subarray(8 + text, 8 + text + blob);
  held = held.subarray(8 + text + blob);
  let reply;
  try {
    reply = await answer(request, contents);
  } catch (error) {
    reply = { status: "error", why: String(error) };
  }
  const bytes = Buffer.from(JSON.stringify(reply), "utf8");
  const head = Buffer.alloc(8);
  head.writeUInt32BE(bytes.length, 0);
  channel.write(Buffer.concat([head, bytes]));
  busy = false;
  serve();
}
