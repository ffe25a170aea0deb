#!/usr/bin/env python3
"""Put the bugs of the mutation suite into packages, for judging the order of the search by kind of bug.

    inject.py --out FILE [--each 6] [--seed 7] DIR...

DIR hold the sources of packages, those of evals/repair/packages.json for example (`pip install --no-deps
--target DIR NAME==VERSION`). Of each package and each operator of evals/repair/mutate.py up to `--each` bugs
are drawn. FILE gets them as mine.py writes fixes, with the operator in the place of the project:
`slm eval prior FILE --each` tells where the repair stands among all edits of its place. No test is run, so
what the tests would not notice is among them.
"""

import argparse
import json
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "repair"))
import mutate  # noqa: E402

MAX_FILE = 200_000


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--each", type=int, default=6)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("directories", nargs="+", type=Path)
    options = parser.parse_args()
    draw = random.Random(options.seed)
    count = 0
    with options.out.open("w") as out:
        for directory in options.directories:
            for _, bugs in sorted(by_package_and_operator(directory).items()):
                for path, mutant in draw.sample(bugs, min(options.each, len(bugs))):
                    fix = inverse(path.read_bytes(), mutant)
                    if fix:
                        out.write(json.dumps(fix) + "\n")
                        count += 1
    print(f"{count} bugs in {options.out}")


def by_package_and_operator(directory):
    found = {}
    for path in sorted(directory.rglob("*.py")):
        package = path.relative_to(directory).parts[0]
        data = path.read_bytes()
        if "test" in str(path.relative_to(directory)) or len(data) > MAX_FILE:
            continue
        try:
            mutants = mutate.mutants(data)
        except (SyntaxError, ValueError, RecursionError):
            continue
        for mutant in mutants:
            found.setdefault((package, mutant.operator), []).append((path, mutant))
    return found


def inverse(data, mutant):
    """The change from the file with the bug to the one without; None for a file that is not UTF-8."""
    try:
        good = data.decode()
        bad = (data[: mutant.start] + mutant.text + data[mutant.end :]).decode()
    except UnicodeDecodeError:
        return None
    old, new = bad.split("\n"), good.split("\n")
    front = common(old, new)
    back = min(common(old[::-1], new[::-1]), min(len(old), len(new)) - front)
    after = new[front : len(new) - back]
    return {
        "repository": mutant.operator,
        "before": bad,
        "first": front + 1,
        "last": len(old) - back,
        "after": after,
    }


def common(old, new):
    """Lines that both begin with."""
    count = 0
    while count < min(len(old), len(new)) and old[count] == new[count]:
        count += 1
    return count


if __name__ == "__main__":
    main()
