#!/usr/bin/env python3
"""Build the mutation suite: single bugs injected into real packages that ship their tests.

    make_suite.py --work DIR [--seed N] [--per-package N] [--only NAME ...]

Packages are downloaded by name and version (`packages.json`) through pip; nothing of them is kept
in this repository. A bug is kept when the package's tests passed before, at least one fails with
it, and the run ends in time. The suite lands in DIR:

    venv/                 the interpreter with pytest
    packages/NAME/        the pristine tree, tests included
    bugs/NAME-NNN/        bug.json and tree/PATH, the one changed file
    suite.json            every bug and package; what `run_suite.py` and `slm eval repair` read

A bug's `command` is what a person would run: a failing test file, or for every third bug one
failing test. The judge is always the package's whole test suite.
"""

import argparse
import ast
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from common import environment, lost_tests, run, verdicts
from mutate import mutants

HERE = Path(__file__).resolve().parent
SETTLE_RUNS = 2
# A bug that fails more than this share of all tests is a smoking ruin, not a bug.
WORST_SHARE = 0.5


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--per-package", type=int, default=14)
    parser.add_argument("--only", nargs="*")
    options = parser.parse_args()
    work = options.work.resolve()
    listing = json.loads((HERE / "packages.json").read_text())
    venv = make_venv(work, listing)
    suite = resume(work, options.seed)
    for package in listing["packages"]:
        if package["name"] in suite["packages"]:
            continue
        if options.only and package["name"] not in options.only:
            continue
        print(f"{package['name']} {package['version']}", flush=True)
        base = unpack(work, venv, package)
        about = baseline(base, venv, package)
        if about is None:
            print("  left out: its tests do not pass here", flush=True)
            continue
        suite["packages"][package["name"]] = about
        suite["bugs"] += inject(work, base, venv, package, about, options)
        (work / "suite.json").write_text(json.dumps(suite, indent=1) + "\n")
    print(f"{len(suite['bugs'])} bugs in {len(suite['packages'])} packages: {work / 'suite.json'}")


def resume(work, seed):
    """The suite so far: packages that an earlier run with the same seed finished are kept."""
    try:
        suite = json.loads((work / "suite.json").read_text())
        if suite["seed"] == seed:
            return suite
    except FileNotFoundError:
        pass
    return {"seed": seed, "venv": "venv", "packages": {}, "bugs": []}


def make_venv(work, listing):
    venv = work / "venv"
    if not (venv / "bin/python3").exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    wanted = listing["tools"] + [n for p in listing["packages"] for n in p.get("needs", [])]
    subprocess.run([venv / "bin/python3", "-m", "pip", "install", "-q", *wanted], check=True)
    return venv


def unpack(work, venv, package):
    """Download the source distribution once and unpack it."""
    base = work / "packages" / package["name"]
    if base.exists():
        return base
    with tempfile.TemporaryDirectory(dir=work) as scratch:
        wanted = f"{package['name']}=={package['version']}"
        pip = [venv / "bin/python3", "-m", "pip", "download", "-q", "--no-deps"]
        pip += ["--no-binary", ":all:", "-d", scratch, wanted]
        for attempts_left in (2, 1, 0):
            if subprocess.run(pip, check=attempts_left == 0).returncode == 0:
                break
        archive = next(Path(scratch).glob("*.tar.gz"))
        with tarfile.open(archive) as tar:
            tar.extractall(scratch, filter="data")
        archive.unlink()
        base.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(next(p for p in Path(scratch).iterdir() if p.is_dir()), base)
    return base


def baseline(base, venv, package):
    """The tests that pass again and again, and how they are run."""
    pythonpath = "src" if (base / "src").is_dir() else "."
    env = environment(venv, pythonpath)
    for extra in ([], ["-o", "addopts="]):
        passed = None
        slowest = 0.0
        for _ in range(SETTLE_RUNS):
            found, took = verdicts(extra, base, env, 60)
            good = {t for t, v in (found or {}).items() if v == "passed"}
            bad = [t for t, v in (found or {}).items() if v == "failed"]
            if not good or bad:
                passed = None
                break
            passed = good if passed is None else passed & good
            slowest = max(slowest, took)
        if passed:
            return {
                "version": package["version"],
                "pythonpath": pythonpath,
                "full_command": ["python3", "-m", "pytest", "-q", *extra],
                "pytest_args": extra,
                "passed": sorted(passed),
                "seconds": round(slowest, 2),
            }
    return None


def inject(work, base, venv, package, about, options):
    rng = random.Random(f"{options.seed}/{package['name']}")
    sites = {}
    for path in sources(base):
        for mutant in mutants((base / path).read_bytes()):
            sites.setdefault(mutant.operator, []).append((path, mutant))
    # Operators take turns, so that the plentiful ones do not drown the rest.
    operators = sorted(sites)
    rng.shuffle(operators)
    for places in sites.values():
        rng.shuffle(places)
    bugs, used = [], set()
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch, package["name"])
        shutil.copytree(base, tree)
        while len(bugs) < options.per_package and any(sites.values()):
            for operator in operators:
                if len(bugs) >= options.per_package:
                    break
                bug = None
                for _ in range(6):
                    if not sites[operator]:
                        break
                    path, mutant = sites[operator].pop()
                    if (path, mutant.line) in used:
                        continue
                    used.add((path, mutant.line))
                    bug = attempt(tree, base, venv, about, path, mutant, rng, len(bugs))
                    if bug:
                        break
                if bug:
                    bug["id"] = f"{package['name']}-{len(bugs) + 1:03}"
                    bug["package"] = package["name"]
                    keep(work, bug, base, path, mutant)
                    bugs.append(bug)
                    print(f"  {bug['id']} {operator}: {path}:{mutant.line}", flush=True)
    return bugs


def sources(base):
    """The package's own modules: no tests, no set-up scripts, nothing tiny."""
    for path in sorted(base.rglob("*.py")):
        relative = path.relative_to(base)
        parts = {p.lower() for p in relative.parts}
        named = relative.name.startswith(("test_", "conftest", "setup", "_version", "__main__"))
        if parts & {"test", "tests", "docs", "examples", "benchmark", "benchmarks", "bin", "tools"} or named:
            continue
        if path.stat().st_size > 400:
            yield relative.as_posix()


def attempt(tree, base, venv, about, path, mutant, rng, count):
    """The bug's record when the tests notice it, else None."""
    original = (base / path).read_bytes()
    changed = mutant.apply(original)
    if not parses(changed) and mutant.operator != "syntax":
        return None
    env = environment(venv, about["pythonpath"])
    try:
        (tree / path).write_bytes(changed)
        seconds = about["seconds"] * 3 + 5
        found, _ = verdicts(about["pytest_args"], tree, env, seconds)
        if found is None:
            return None
        failed = lost_tests(about["passed"], found)
        if not failed or (len(failed) > WORST_SHARE * len(about["passed"]) and mutant.operator not in ("syntax", "missing import")):
            return None
        chosen = choose(tree, env, about, seconds, rng, count)
        if chosen is None:
            return None
    finally:
        (tree / path).write_bytes(original)
    return {
        "operator": mutant.operator,
        "file": path,
        "line": mutant.line,
        "before": line_of(original, mutant.line),
        "after": line_of(changed, mutant.line),
        "command": ["python3", "-m", "pytest", "-q", *about["pytest_args"], chosen],
        "failed_tests": len(failed),
    }


def choose(tree, env, about, seconds, rng, count):
    """A failing test file, or for every third bug one failing test, that fails when run alone."""
    argv = [env["PATH"].split(":")[0] + "/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    argv.append("--color=no")
    _, output, _ = run([*argv, "-rfE", *about["pytest_args"]], tree, env, seconds)
    nodes = re.findall(r"^(?:FAILED|ERROR) (\S+\.py(?:::\S+)?)", output, re.MULTILINE)
    if not nodes:
        return None
    if count % 3 == 2:
        plain = [n for n in nodes if "::" in n and "[" not in n]
        pick = rng.choice(plain or [nodes[0].split("::")[0]])
    else:
        files = [n.split("::")[0] for n in nodes]
        pick = max(sorted(set(files)), key=files.count)
    code, _, took = run([*argv, *about["pytest_args"], pick], tree, env, seconds)
    return pick if code in (1, 2, 4) and took < 20 else None


def parses(source):
    try:
        ast.parse(source)
    except (SyntaxError, ValueError):
        return False
    return True


def line_of(source, line):
    lines = source.decode(errors="replace").splitlines()
    return lines[line - 1].strip() if line <= len(lines) else ""


def keep(work, bug, base, path, mutant):
    folder = work / "bugs" / bug["id"]
    if folder.exists():
        shutil.rmtree(folder)
    target = folder / "tree" / path
    target.parent.mkdir(parents=True)
    target.write_bytes(mutant.apply((base / path).read_bytes()))
    os.chmod(target, (base / path).stat().st_mode)
    (folder / "bug.json").write_text(json.dumps(bug, indent=1) + "\n")


if __name__ == "__main__":
    main()
