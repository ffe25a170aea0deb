#!/usr/bin/env python3
"""Run `slm fix` on every case and judge it by the case's hidden tests.

    run.py --slm PATH [--out FILE] [--timeout S] [--only PART ...] [--fresh] [-- EXTRA SLM ARGUMENTS]

Results go to FILE, one JSON line per case, so that an interrupted run goes on where it stopped. A case
counts as repaired when slm claims a fix and the visible and the hidden tests pass with it; a claim with
which a hidden test fails is a wrong claim.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from check import CASES, hidden_command


def main():
    argv, extra = sys.argv[1:], []
    if "--" in argv:
        at = argv.index("--")
        argv, extra = argv[:at], argv[at + 1 :]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--slm", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("results.jsonl"))
    parser.add_argument("--timeout", type=int, default=60)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--fresh", action="store_true")
    options = parser.parse_args(argv)
    if options.fresh:
        options.out.unlink(missing_ok=True)
    results = [json.loads(line) for line in options.out.read_text().splitlines()] if options.out.exists() else []
    done = {result["case"] for result in results}
    names = sorted(path.name for path in CASES.iterdir() if path.is_dir())
    for name in names:
        if name in done or (options.only and not any(part in name for part in options.only)):
            continue
        result = attempt(name, options, extra)
        results.append(result)
        with options.out.open("a") as sink:
            sink.write(json.dumps(result) + "\n")
        print("{case:<44} {outcome:<16} {tier:<10} {checked:>5} tried {seconds:6.1f} s".format(**result), flush=True)
    summary(results)


def attempt(name, options, extra):
    case = CASES / name
    about = json.loads((case / "about.json").read_text())
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch, "tree")
        shutil.copytree(case / "tree", tree)
        home = Path(scratch, "home")
        home.mkdir()
        argv = [options.slm.resolve(), "fix", "--json", "--yes", "--timeout", str(options.timeout), *extra]
        began = time.monotonic()
        run = subprocess.run(
            [*argv, "--", *about["command"]],
            cwd=tree,
            env=dict(os.environ, HOME=str(home)),
            capture_output=True,
            text=True,
        )
        seconds = time.monotonic() - began
        lines = run.stdout.strip().splitlines()
        said = json.loads(lines[-1]) if lines else {}
        claimed = said.get("status") == "fixed" and run.returncode == 0
        outcome = "no claim"
        if claimed:
            shutil.copytree(case / "hidden", tree, dirs_exist_ok=True)
            hidden = subprocess.run(hidden_command(case), cwd=tree, capture_output=True, timeout=120)
            outcome = "claimed wrongly" if hidden.returncode else "repaired"
        return {
            "case": name,
            "outcome": outcome,
            "status": said.get("status"),
            "tier": said.get("tier") or "-",
            "generated": said.get("candidates_generated", 0),
            "checked": said.get("candidates_checked", 0),
            "seconds": round(seconds, 2),
            "diff": said.get("diff"),
        }


def summary(results):
    count = {}
    for result in results:
        count[result["outcome"]] = count.get(result["outcome"], 0) + 1
    times = [r["seconds"] for r in results if r["outcome"] == "repaired"]
    print(f"{len(results)} cases: " + ", ".join(f"{n} {outcome}" for outcome, n in sorted(count.items())))
    if times:
        print(f"median time of the repaired {statistics.median(times):.1f} s")


if __name__ == "__main__":
    main()
