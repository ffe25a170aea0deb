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


RUST_FUNCTION = """
/// Adds up what is above a limit, with a discount for many.
pub fn item_{n}(values: &[i64]) -> i64 {{
    let limit = {n};
    let mut total = 0;
    for (index, value) in values.iter().enumerate() {{
        if *value > limit && index % 2 == 0 {{
            total += value * 2;
        }} else if *value < 0 {{
            total -= value.abs() + index as i64;
        }} else {{
            total = total + 1;
        }}
    }}
    if values.len() > 3 {{
        total = total * 9 / 10;
    }}
    total
}}
"""


def rust(root):
    (root / "src").mkdir()
    (root / "Cargo.toml").write_text('[package]\nname = "small"\nversion = "0.1.0"\nedition = "2021"\n')
    calls = " + ".join(f"item_{n}(&[1, 5, -3, 9])" for n in range(8))
    test = f"\n#[test]\nfn contradicts() {{\n    assert_eq!({calls}, 1);\n    assert_eq!({calls}, 2);\n}}\n"
    (root / "src/lib.rs").write_text("".join(RUST_FUNCTION.format(n=n) for n in range(8)) + test)
    return ["cargo", "test", "--offline"]


GO_FUNCTION = """
// Item{n} adds up what is above a limit, with a discount for many.
func Item{n}(values []int) int {{
	limit := {n}
	total := 0
	for index, value := range values {{
		if value > limit && index%2 == 0 {{
			total += value * 2
		}} else if value < 0 {{
			total -= index - value
		}} else {{
			total = total + 1
		}}
	}}
	if len(values) > 3 {{
		total = total * 9 / 10
	}}
	return total
}}
"""


def go(root):
    (root / "go.mod").write_text("module example.com/small\n\ngo 1.19\n")
    (root / "small.go").write_text("package small\n" + "".join(GO_FUNCTION.format(n=n) for n in range(8)))
    calls = " + ".join(f"Item{n}([]int{{1, 5, -3, 9}})" for n in range(8))
    (root / "small_test.go").write_text(
        'package small\n\nimport "testing"\n\nfunc TestContradicts(t *testing.T) {\n'
        f"\tgot := {calls}\n\tif got != 1 {{\n\t\tt.Fatal(got)\n\t}}\n\tif got != 2 {{\n\t\tt.Fatal(got)\n\t}}\n}}\n")
    return ["go", "test", "./..."]


NODE_FUNCTION = """
function item{n}(values, limit = {n}) {{
  let total = 0;
  for (const [index, value] of values.entries()) {{
    if (value > limit && index % 2 === 0) {{
      total += value * 2;
    }} else if (value < 0) {{
      total -= Math.abs(value) + index;
    }} else {{
      total = total + 1;
    }}
  }}
  return values.length > 3 ? Math.floor(total * 0.9) : total;
}}
"""


def node(root):
    names = ", ".join(f"item{n}" for n in range(8))
    functions = "".join(NODE_FUNCTION.format(n=n) for n in range(8))
    (root / "total.js").write_text(functions + f"module.exports = {{ {names} }};\n")
    calls = " + ".join(f"all.item{n}([1, 5, -3, 9])" for n in range(8))
    (root / "total.test.js").write_text(
        "const test = require('node:test');\nconst assert = require('node:assert');\n"
        "const all = require('./total.js');\n\ntest('contradicts', () => {\n"
        f"  assert.strictEqual({calls}, 1);\n  assert.strictEqual({calls}, 2);\n}});\n")
    return ["node", "--test"]


PROJECTS = {
    "python-one-file": (one_file, "python3"),
    "python-200-files": (many_files, "python3"),
    "rust-crate": (rust, "cargo"),
    "node": (node, "node"),
    "go-module": (go, "go"),
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
        env = dict(os.environ, HOME=str(Path(scratch, "home")), SLM_KEEP_WARM="0")
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
