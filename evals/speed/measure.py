#!/usr/bin/env python3
"""Measure slm: start-up time, memory, and candidates checked per second with and without the server.

    measure.py --slm PATH [--seconds N] [--only PART ...] [--python PATH]

Each project is made in a scratch directory and holds a failing test that contradicts itself, so that
the search goes on until its time is up. `plain` is the same search with `--no-server`, where each
candidate is a command of its own. The ratio of the two is what counts; single figures depend on the
machine. PATH of --python must be an interpreter that has pytest.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FUNCTION = '''
def item_{n}(values, limit={n}):
    """Adds up what is above a limit, with a discount for many."""
    total = 0
    for index, value in enumerate(values):
        if value > limit and index % 2 == 0:
            total += value * 2
        elif value < 0:
            total -= abs(value) + index
        else:
            total = total + 1
    if len(values) > 3:
        total = total * 9 // 10
    return total
'''
CONTRADICTION = "    assert {call} == 1\n    assert {call} == 2\n"


def one_file(root):
    (root / "mod.py").write_text("".join(FUNCTION.format(n=n) for n in range(8)))
    calls = " + ".join(f"mod.item_{n}([1, 5, -3, 9])" for n in range(8))
    test = CONTRADICTION.format(call=calls).replace("    ", "        ")
    body = "import unittest\n\nimport mod\n\n\nclass T(unittest.TestCase):\n    def test_total(self):\n"
    (root / "test_mod.py").write_text(body + test)
    return ["python3", "-m", "unittest", "-q"]


def many_files(root):
    package = root / "package"
    package.mkdir()
    names = [f"part_{n:03}" for n in range(200)]
    for n, name in enumerate(names):
        above = f"from package import {names[n - 1]}\n\n" if n else ""
        more = f"    return {names[n - 1]}.item_{n - 1}(values) + total\n" if 0 < n < 6 else "    return total\n"
        text = FUNCTION.format(n=n).replace("    return total\n", more)
        (package / f"{name}.py").write_text(above + text)
    (package / "__init__.py").write_text("")
    tests = root / "tests"
    tests.mkdir()
    for n in range(0, 200, 10):
        name = names[n]
        (tests / f"test_{name}.py").write_text(
            f"from package import {name}\n\n\ndef test_empty():\n    assert {name}.item_{n}([]) == 0\n")
    call = "part_005.item_5([1, 5, -3, 9])"
    (tests / "test_chain.py").write_text(
        "from package import part_005\n\n\ndef test_chain():\n" + CONTRADICTION.format(call=call))
    return ["python3", "-m", "pytest", "-q"]


def rust(root):
    (root / "src").mkdir()
    (root / "Cargo.toml").write_text('[package]\nname = "small"\nversion = "0.1.0"\nedition = "2021"\n')
    (root / "src/lib.rs").write_text(
        "pub fn total(values: &[i64]) -> i64 {\n    let mut sum = 0;\n    for (i, v) in values.iter().enumerate() {\n"
        "        if *v > 2 && i % 2 == 0 {\n            sum += v * 2;\n        } else {\n            sum -= 1;\n        }\n"
        "    }\n    sum\n}\n\n#[test]\nfn contradicts() {\n    assert_eq!(total(&[1, 5, 9]), 1);\n"
        "    assert_eq!(total(&[1, 5, 9]), 2);\n}\n")
    return ["cargo", "test", "--offline", "-q"]


def node(root):
    (root / "total.js").write_text(
        "function total(values) {\n  let sum = 0;\n  for (const [i, v] of values.entries()) {\n"
        "    if (v > 2 && i % 2 === 0) {\n      sum += v * 2;\n    } else {\n      sum -= 1;\n    }\n  }\n"
        "  return sum;\n}\nmodule.exports = { total };\n")
    (root / "total.test.js").write_text(
        "const test = require('node:test');\nconst assert = require('node:assert');\n"
        "const { total } = require('./total.js');\n\ntest('contradicts', () => {\n"
        "  assert.strictEqual(total([1, 5, 9]), 1);\n  assert.strictEqual(total([1, 5, 9]), 2);\n});\n")
    return ["node", "--test"]


PROJECTS = {
    "python-one-file": (one_file, "python3"),
    "python-200-files": (many_files, "python3"),
    "rust-crate": (rust, "cargo"),
    "node": (node, "node"),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--slm", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--python", type=Path, default=Path(sys.executable))
    options = parser.parse_args()
    slm = options.slm.resolve()
    start_up(slm)
    for name, (make, tool) in PROJECTS.items():
        if options.only and not any(part in name for part in options.only):
            continue
        if shutil.which(tool) is None:
            print(f"{name:<18} skipped: no {tool} here")
            continue
        rates = {}
        for mode, extra in (("served", []), ("plain", ["--no-server"])):
            rates[mode] = search(slm, make, options, extra)
        ratio = rates["served"] / rates["plain"] if rates["plain"] else float("inf")
        print(f"{name:<18} {rates['served']:7.1f}/s served {rates['plain']:7.1f}/s plain   x{ratio:.1f}", flush=True)


def start_up(slm):
    times = []
    for _ in range(30):
        began = time.perf_counter()
        subprocess.run([slm, "--version"], stdout=subprocess.DEVNULL, check=True)
        times.append((time.perf_counter() - began) * 1000)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"slm --version      {statistics.median(times):.1f} ms median, {peak:.0f} MiB peak")


def search(slm, make, options, extra):
    """Candidates checked per second of the whole run, reproducing and localising included."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch, "project")
        root.mkdir()
        command = make(root)
        env = dict(os.environ, HOME=str(Path(scratch, "home")))
        env["PATH"] = f"{options.python.absolute().parent}:{env['PATH']}"
        env.setdefault("CARGO_HOME", str(Path.home() / ".cargo"))
        env.setdefault("RUSTUP_HOME", str(Path.home() / ".rustup"))
        Path(env["HOME"]).mkdir()
        timed = ["/usr/bin/time", "-f", "peak %M"] if Path("/usr/bin/time").exists() else []
        argv = timed + [slm, "fix", "--json", "--yes", "--timeout", str(options.seconds), *extra, "--", *command]
        run = subprocess.run(argv, cwd=root, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        said = json.loads(run.stdout.decode().strip().splitlines()[-1])
        if said["status"] != "no-fix":
            print(f"  unexpected: {said['status']} {said.get('diff')}")
        for line in run.stderr.decode().splitlines():
            if line.startswith("peak "):
                print(f"  {' '.join(extra) or 'served'}: slm or its largest child at most {int(line[5:]) // 1024} MiB")
        return said["candidates_checked"] / (said["elapsed_ms"] / 1000)


if __name__ == "__main__":
    main()
