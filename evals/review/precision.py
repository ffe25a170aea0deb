#!/usr/bin/env python3
"""Precision of a review's findings, from labels made by hand.

    precision.py [FINDINGS.jsonl ...] [--labels FILE] [--aside FILE] [--open] [--markdown]

FINDINGS are what history.py prints. With them only labels of findings that are still made count, each as often as
its finding; findings that block and have no label are named at the end. Without them all labels count once.

A label is a line: repository, commit, path, line, rule, severity, right or wrong, why; separated by tabs. Right means
that the change does what the finding says and that somebody would want to know. Findings of one rule in one commit
have one cause more often than not, so they are counted as one as well, which is right when all of them are. The
interval is Wilson's, 95 percent.
"""

import argparse
import json
import os
import sys
from collections import defaultdict

HERE = os.path.dirname(os.path.abspath(__file__))
SEVERITIES = ["blocks", "warns", "informs"]


def wilson(right, of, z=1.96):
    """Lower and upper end of the interval of a share, 0 to 1."""
    if of == 0:
        return 0.0, 1.0
    share = right / of
    middle = share + z * z / (2 * of)
    half = z * (share * (1 - share) / of + z * z / (4 * of * of)) ** 0.5
    return max(0.0, middle - half) / (1 + z * z / of), (middle + half) / (1 + z * z / of)


def rows(path):
    """The lines of a table without comments, as lists."""
    with open(path, encoding="utf-8") as file:
        lines = [line.rstrip("\n") for line in file]
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def labels(path):
    """Severity and verdict of each labelled finding."""
    found = {}
    for repository, commit, file, line, rule, severity, verdict, _why in rows(path):
        if verdict not in ("right", "wrong") or severity not in SEVERITIES:
            sys.exit(f"{path}: {repository} {commit} {file}:{line}: no verdict that is known")
        found[(repository, commit, file, int(line), rule)] = (severity, verdict == "right")
    return found


def judged(found, given):
    """Pairs of a key and (severity, verdict or None), one for each finding."""
    if given is None:
        return list(found.items())
    pairs = []
    for one in given:
        key = (one["repository"], one["commit"][:10], one["path"], one["line"], one["rule"])
        pairs.append((key, (one["severity"], found[key][1] if key in found else None)))
    return pairs


def table(pairs, markdown):
    """Lines with right, all, the interval, and the same by commit."""
    groups = defaultdict(list)
    for key, (severity, verdict) in pairs:
        if verdict is not None:
            groups[(severity, "")].append((key, verdict))
            groups[(severity, key[4])].append((key, verdict))
    for severity, rule in sorted(groups, key=lambda g: (SEVERITIES.index(g[0]), g[1])):
        members = groups[(severity, rule)]
        causes = defaultdict(list)
        for key, verdict in members:
            causes[(key[0], key[1], key[4])].append(verdict)
        counts = (sum(v for _, v in members), len(members)), (sum(all(v) for v in causes.values()), len(causes))
        words = [rule or f"all that {severity[:-1]}"]
        for right, of in counts:
            low, high = wilson(right, of)
            words += [f"{right} of {of}", f"{100 * low:.0f} to {100 * high:.0f} %"]
        yield "| " + " | ".join(words) + " |" if markdown else "{:28} {:>12} {:>14} {:>12} {:>14}".format(*words)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("findings", nargs="*")
    parser.add_argument("--labels", default=os.path.join(HERE, "labels.tsv"))
    parser.add_argument("--aside", default=os.path.join(HERE, "held_aside.txt"))
    parser.add_argument("--open", action="store_true", help="name warnings without a label as well")
    parser.add_argument("--markdown", action="store_true")
    options = parser.parse_args()
    given = None
    for path in options.findings:
        with open(path, encoding="utf-8") as file:
            given = (given or []) + [json.loads(line) for line in file if line.strip()]
    pairs = judged(labels(options.labels), given if options.findings else None)
    aside = {row[0] for row in rows(options.aside)}
    for title, held in [("held aside", True), ("mended on", False)]:
        mine = [pair for pair in pairs if (pair[0][0] in aside) == held]
        print(f"{title}: findings, 95 % interval; by rule and commit, 95 % interval")
        for line in table(mine, options.markdown):
            print(line)
        print()
    named = SEVERITIES[: 2 if options.open else 1]
    for key, (severity, verdict) in pairs:
        if verdict is None and severity in named:
            print("no label:", *key, severity)


if __name__ == "__main__":
    main()
