#!/usr/bin/env python3
"""Put the bugs of the mutation suite into packages, for judging the order of the search by kind of bug.

    inject.py --out FILE [--language python] [--each 6] [--seed 7] DIR...

DIR hold the sources of packages, those of evals/repair/packages.json for example (`pip install --no-deps
--target DIR NAME==VERSION`). Of each package and each operator of evals/repair/mutate.py up to `--each` bugs
are drawn; in other languages, of each folder in DIR and each operator of slips.py. FILE gets them as mine.py
writes fixes, with the operator in the place of the project: `slm eval prior FILE --each` tells where the
repair stands among all edits of its place. No test is run, so what the tests would not notice is among them.
"""

import argparse
import json
import random
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "repair"))
import mutate  # noqa: E402
import slips  # noqa: E402

MAX_FILE = 200_000
# By language, the endings of its files and what names tests, examples and what is generated.
ENDINGS = {
    "python": (["py"], "test"),
    "javascript": (["js", "ts"], r"test|spec|\.min\.|\.d\.ts|node_modules|dist/|vendor|example|bench"),
    "rust": (["rs"], r"test|example|bench|build\.rs"),
    "go": (["go"], r"test|example|vendor|\.pb\.go|generated"),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--language", choices=ENDINGS, default="python")
    parser.add_argument("--each", type=int, default=6)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("directories", nargs="+", type=Path)
    options = parser.parse_args()
    draw = random.Random(options.seed)
    count = 0
    with options.out.open("w") as out:
        for directory in options.directories:
            for _, bugs in sorted(by_package_and_operator(directory, options.language).items()):
                for path, mutant in draw.sample(bugs, min(options.each, len(bugs))):
                    fix = inverse(path, path.read_bytes(), mutant)
                    if fix:
                        out.write(json.dumps(fix) + "\n")
                        count += 1
    print(f"{count} bugs in {options.out}")


def by_package_and_operator(directory, language):
    found = {}
    endings, is_test = ENDINGS[language]
    for path in sorted(path for ending in endings for path in directory.rglob(f"*.{ending}")):
        package = path.relative_to(directory).parts[0]
        data = path.read_bytes()
        if re.search(is_test, str(path.relative_to(directory))) or len(data) > MAX_FILE:
            continue
        try:
            mutants = mutate.mutants(data) if language == "python" else words(data)
        except (SyntaxError, ValueError, RecursionError):
            continue
        for mutant in mutants:
            found.setdefault((package, mutant.operator), []).append((path, mutant))
    return found


def words(data):
    """Slips made word by word; a file that is not ASCII is passed over, since they count characters."""
    made = list(slips.slips(data.decode("ascii")))
    for slip in made:
        slip.text = slip.text.encode()
    return made


def inverse(path, data, mutant):
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
        "path": path.name,
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
