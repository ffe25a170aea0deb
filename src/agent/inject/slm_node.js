// slm's preload for Node: the first process of a checked command that has a program to run serves
// many candidates instead of running it once. Loaded with `--require` through NODE_OPTIONS when
// slm holds the other end of standard input; see slm_node_server.js. Never prints.
"use strict";

(() => {
  const { isMainThread } = require("worker_threads");
  if (!isMainThread || process.env.SLM_SERVE !== "1") return;
  const path = require("path");
  const fs = require("fs");
  const main = process.argv[1] || "";
  const name = path.basename(main).replace(/\.[cm]?js$/, "");
  // Package managers start the program: it is the one that serves.
  if (["npm", "npm-cli", "npx", "npx-cli", "yarn", "pnpm", "pnpx", "corepack"].includes(name)) return;
  try {
    if (!fs.fstatSync(0).isSocket()) return;
  } catch {
    return;
  }
  const env = { ...process.env };
  delete env.SLM_SERVE;
  // Programs that the candidates start are none of the server's business.
  env.NODE_OPTIONS = (env.NODE_OPTIONS || "").replace(/--require \S*slm_node\.js ?/, "").trim();
  if (!env.NODE_OPTIONS) delete env.NODE_OPTIONS;
  env.SLM_ENTRY = JSON.stringify({ argv: process.argv.slice(1), flags: process.execArgv });
  // A process of its own, since this one cannot be kept from running its main module.
  const server = path.join(__dirname, "slm_node_server.js");
  const done = require("child_process").spawnSync(process.execPath, [server], { stdio: "inherit", env });
  process.exit(done.status === null ? 1 : done.status);
})();
