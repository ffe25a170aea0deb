#!/usr/bin/env python3
"""How long typical steps of `slm refactor` take on a large tree, and how much memory.

    step_times.py --slm BIN [--before BIN] --tree DIR [--seed N] [--each N] [--rounds N]

Places are drawn by kind from the tree's own sources: a local, a function, a class, a method, the methods whose names
are defined and used most, an attribute, a parameter; lines to extract, an assignment to inline, a function to move,
one to change the signature of; the unused imports of a file, and its list. Nothing is run or written
(`--no-checks`). With `--before` the same steps are asked of another build in the same run: times are then also given
as a ratio, and every difference in what comes out is printed. Time is wall time and CPU time of the process, the
least of the rounds; memory is its largest resident set.
"""

import argparse
import collections
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SOURCES = {"python": (".py",), "rust": (".rs",), "ecma": (".ts", ".tsx", ".js", ".mjs")}
FUNCTION = {
    "python": re.compile(r"^def (\w+)\((?!\))"),
    "rust": re.compile(r"^(?:pub(?:\([a-z]+\))? )?fn (\w+)\((?!\))"),
    "ecma": re.compile(r"^(?:export )?(?:async )?function (\w+)\((?!\))"),
}
CLASS = {
    "python": re.compile(r"^class (\w+)"),
    "rust": re.compile(r"^(?:pub(?:\([a-z]+\))? )?(?:struct|enum) (\w+)"),
    "ecma": re.compile(r"^(?:export )?(?:abstract )?(?:class|interface) (\w+)"),
}
METHOD = {
    "python": re.compile(r"^    def ([a-z]\w*)\(self"),
    "rust": re.compile(r"^    (?:pub(?:\([a-z]+\))? )?fn (\w+)\(&?(?:mut )?self"),
    "ecma": re.compile(r"^(?:  |\t)(?!constructor|if|for|while|switch|return|function)([a-z]\w*)\([^)]*\)[^;]*\{$"),
}
ATTRIBUTE = {
    "python": re.compile(r"^        self\.(\w+) = "),
    "rust": re.compile(r"^    (?:pub(?:\([a-z]+\))? )?([a-z]\w*): \w"),
    "ecma": re.compile(r"^\s+this\.(\w+) = "),
}
LOCAL = {
    "python": re.compile(r"^    ([a-z_]\w*) = "),
    "rust": re.compile(r"^    let (?:mut )?([a-z_]\w*)(?:: [^=]*)? = "),
    "ecma": re.compile(r"^(?:  |\t)(?:const|let) ([a-z]\w*)(?:: [^=]*)? = "),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--slm", type=Path, required=True)
    parser.add_argument("--before", type=Path, help="another build, asked for the same steps")
    parser.add_argument("--tree", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", type=int, default=3, help="places of each kind")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--only", default="", help="kinds whose names contain this")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    steps = list(draw(options))
    rows = collections.defaultdict(list)
    for kind, arguments in steps:
        after = ask(options.slm, options, arguments)
        before = ask(options.before, options, arguments) if options.before else None
        rows[kind].append({"arguments": arguments, "after": after, "before": before})
        if before and before["outcome"] != after["outcome"]:
            print(f"DIFFERS {kind} {' '.join(arguments)}\n  before: {before['outcome'][:600]}\n  after:  {after['outcome'][:600]}")
        sys.stdout.flush()
    table(rows)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))


def table(rows):
    print(f"{'step':26} {'made':>6} {'s':>14} {'CPU s':>14} {'MB':>14}")
    for kind, list_ in rows.items():
        made = sum('"diff"' in row["after"]["outcome"] for row in list_)
        cells = []
        for key, form in (("wall", "{:.2f}"), ("cpu", "{:.2f}"), ("peak", "{:.0f}")):
            after = form.format(median(row["after"][key] for row in list_))
            before = [row["before"][key] for row in list_ if row["before"]]
            cells.append(f"{form.format(median(before))} > {after}" if before else after)
        print(f"{kind:26} {made}/{len(list_):<4} " + " ".join(f"{cell:>14}" for cell in cells))


def median(values):
    values = sorted(values)
    return values[len(values) // 2]


def ask(slm, options, arguments):
    """The outcome of a step as text, with the least time of all rounds and the most memory."""
    best = None
    for _ in range(options.rounds):
        with tempfile.TemporaryFile() as out:
            start = time.perf_counter()
            process = subprocess.Popen(
                [str(slm.resolve()), "refactor", *arguments, "--json", "--no-checks"],
                cwd=options.tree, stdout=out, stderr=subprocess.DEVNULL,
            )
            _, _, usage = os.wait4(process.pid, 0)
            process.returncode = 0
            wall = time.perf_counter() - start
            out.seek(0)
            text = out.read().decode(errors="replace")
        one = {
            "outcome": outcome(text),
            "wall": wall,
            "cpu": usage.ru_utime + usage.ru_stime,
            "peak": usage.ru_maxrss / 1024,
        }
        if best is None:
            best = one
        for key, choose in (("wall", min), ("cpu", min), ("peak", max)):
            best[key] = choose(best[key], one[key])
    return best


def outcome(text):
    """What came out, without times."""
    try:
        found = json.loads(text.splitlines()[-1])
    except (IndexError, ValueError):
        return "crashed: " + text[-500:]
    steps = [
        {key: step.get(key) for key in ("title", "reason", "message", "at", "diff", "interface", "notes", "mentions") if step.get(key)}
        for step in found.get("steps") or []
    ]
    opportunities = [
        {key: value for key, value in one.items() if key != "elapsed_ms"} for one in found.get("opportunities") or []
    ]
    return json.dumps([found.get("status"), steps, opportunities], sort_keys=True)


def draw(options):
    rng = random.Random(options.seed)
    files = {}
    for path in sorted(options.tree.rglob("*")):
        if path.suffix and path.is_file() and not any(part in ("node_modules", "target", ".git") for part in path.parts):
            language = next((name for name, ends in SOURCES.items() if path.suffix in ends), None)
            if language and path.stat().st_size < 1 << 20:
                files[path] = language
    counts = collections.Counter(files.values())
    language = counts.most_common(1)[0][0]
    found = collections.defaultdict(list)
    defined = collections.Counter()
    for path, own in files.items():
        if own != language:
            continue
        name = str(path.relative_to(options.tree))
        is_test = re.search(r"(^|/)(tests?|testing)/|test_|\.test\.|_test\.|/tests\.rs", name)
        lines = path.read_text(errors="replace").splitlines()
        for number, line in enumerate(lines, 1):
            for kind, patterns in (("function", FUNCTION), ("class", CLASS), ("method", METHOD), ("attribute", ATTRIBUTE), ("local", LOCAL)):
                match = patterns[language].search(line)
                if match and not is_test:
                    place = f"{number}:{match.start(1) + 1}"
                    found[kind].append((name, place, match[1], line, lines))
                    if kind == "method":
                        defined[match[1]] += 1
    if not found["function"]:
        sys.exit("no functions were found to draw from")
    pick = lambda kind: rng.sample(found[kind], min(options.each, len(found[kind])))
    common = [name for name, _ in defined.most_common(options.each)]
    kinds = {f"rename {kind}": pick(kind) for kind in ("local", "function", "class", "method", "attribute")}
    kinds["rename common method"] = [rng.choice([m for m in found["method"] if m[2] == name]) for name in common]
    for kind, places in kinds.items():
        if options.only in kind:
            for name, place, word, *_ in places:
                yield kind, [name, "--at", place, "--rename", fresh(word), "--api"]
    others = (
        ("rename parameter", parameter), ("extract function", extract), ("inline", inline), ("move", move),
        ("add parameter", signature), ("unused imports", imports), ("list", listing),
    )
    for kind, make in others:
        if options.only in kind:
            for one in pick("local" if kind in ("extract function", "inline") else "function"):
                arguments = make(language, *one)
                if arguments:
                    yield kind, arguments


def parameter(language, name, place, word, line, lines):
    list_ = line[line.index(word + "(") + len(word) + 1 :]
    match = re.match(r"(?:mut )?(\w+)", list_)
    column = line.index(word + "(") + len(word) + 2 + (match.start(1) if match else 0)
    return match and [name, "--at", f"{place.split(':')[0]}:{column}", "--rename", fresh(match[1]), "--api"]


def extract(language, name, place, word, line, lines):
    number = int(place.split(":")[0])
    return [name, "--lines", f"{number}-{number + 1}", "--extract", "extracted_part"]


def inline(language, name, place, word, line, lines):
    return [name, "--at", place, "--inline"]


def move(language, name, place, word, line, lines):
    suffix = Path(name).suffix
    return [name, "--at", place, "--move-to", str(Path(name).with_name(f"moved_part{suffix}")), "--api"]


def signature(language, name, place, word, line, lines):
    added = {"python": ["limit_added"], "rust": ["limit_added: usize"], "ecma": ["limitAdded"]}[language]
    passed = ["--argument", "0"] if language == "rust" else ["--default", "0"]
    return [name, "--at", place, "--add-parameter", *added, *passed, "--api"]


def imports(language, name, place, word, line, lines):
    return [name, "--rewrite", "unused-imports"]


def listing(language, name, place, word, line, lines):
    return [name]


def fresh(name):
    if name.isupper():
        return name + "_RENAMED"
    return name + ("Renamed" if re.search(r"[a-z][A-Z]|^[A-Z]", name) else "_renamed")


main()
