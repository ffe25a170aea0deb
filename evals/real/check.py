#!/usr/bin/env python3
"""Check the cases: each fails as it is, and passes, hidden tests included, when it is repaired.

    check.py [CASE ...]
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

CASES = Path(__file__).parent / "cases"
FIELDS = {"project", "commit", "licence", "what", "command", "hidden_command"}


def main():
    names = sys.argv[1:] or sorted(path.name for path in CASES.iterdir() if path.is_dir())
    bad = 0
    for name in names:
        for complaint in complaints(CASES / name):
            print(f"{name}: {complaint}")
            bad += 1
    print(f"{len(names)} cases, {bad} complaints")
    sys.exit(bad > 0)


def complaints(case):
    about = json.loads((case / "about.json").read_text())
    if set(about) != FIELDS:
        yield f"about.json must have exactly {sorted(FIELDS)}"
        return
    for part in ("tree", "hidden", "fixed"):
        if not any((case / part).rglob("*.py")):
            yield f"{part}/ holds no Python file"
            return
    for file in (case / "fixed").rglob("*.py"):
        name = file.relative_to(case / "fixed")
        if not (case / "tree" / name).exists() or "test" in name.name:
            yield f"fixed/{name} replaces nothing of the program"
    if run(case, about["command"], []) == 0:
        yield "the visible tests pass although nothing is repaired"
    if run(case, about["command"], ["fixed"]) != 0:
        yield "the visible tests fail although it is repaired"
    hidden = hidden_command(case)
    if run(case, hidden, ["hidden"]) == 0:
        yield "the hidden tests pass although nothing is repaired"
    if run(case, hidden, ["fixed", "hidden"]) != 0:
        yield "the hidden tests fail although it is repaired"


def hidden_command(case):
    """The command that runs the hidden tests, and the visible ones with them."""
    return json.loads((case / "about.json").read_text())["hidden_command"]


def run(case, command, layers):
    """Exit status of `command` on the tree with the files of `layers` on top."""
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch, "tree")
        for layer in ["tree", *layers]:
            shutil.copytree(case / layer, tree, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        done = subprocess.run(command, cwd=tree, capture_output=True, timeout=60)
        return done.returncode


if __name__ == "__main__":
    main()
