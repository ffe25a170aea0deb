#!/usr/bin/env python3
"""Random renames and extractions in a real project, each judged by the project's own tests.

    random_steps.py --slm PATH --tree DIR [--kind rename|extract] [--count N] [--seed N] [--json FILE] -- TEST...

DIR is copied and made a repository; TEST is run in the copy and must pass there. Then, seeded, places are drawn:
for `rename` an identifier of a line that defines something, for `extract` one to six lines in a row at the same depth
of a function. slm plans each step without running anything (`--no-checks`), the diff is applied by git, TEST is
run, and the copy is put back. A refusal is counted by its reason; a step after which TEST fails is printed whole.
`--count` counts steps made, not refusals. With `--rope PYTHON` (an interpreter that has rope) the same steps are asked of rope,
judged by the same tests, and the two outcomes counted together.
"""

import argparse
import collections
import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DEFINES = {
    ".py": re.compile(r"^\s*(?:async\s+)?(?:def|class)\s+(\w+)|^\s*(\w+)(?:\s*:\s*[\w\[\], .]+)?\s*=[^=]|^\s*for\s+(\w+)|\bas\s+(\w+)"),
    ".rs": re.compile(r"\b(?:fn|struct|enum|trait|const|static|type)\s+(\w+)|\blet\s+(?:mut\s+)?(\w+)|^\s*(?:pub(?:\([a-z]+\))?\s+)?(\w+)\s*:\s*\S"),
    ".js": re.compile(r"\b(?:function\*?|class|const|let|var)\s+([\w$]+)|^\s*(?:async\s+)?([\w$]+)\s*\([^)]*\)\s*\{"),
}
DEFINES |= {".mjs": DEFINES[".js"], ".cjs": DEFINES[".js"], ".ts": DEFINES[".js"], ".tsx": DEFINES[".js"]}
WORDS = {"if", "for", "while", "return", "else", "self", "switch", "catch", "pub", "mut", "ref", "_"}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--slm", type=Path, required=True)
    parser.add_argument("--tree", type=Path, required=True)
    parser.add_argument("--kind", choices=["rename", "extract"], default="rename")
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--tries", type=int, default=400, help="places drawn at most")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="only files whose path contains this")
    parser.add_argument("--api", action="store_true", help="exported names may change")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--rope", type=Path, help="a Python that has rope, to compare with")
    parser.add_argument("test", nargs="+")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch) / options.tree.name
        shutil.copytree(options.tree, tree, symlinks=True, ignore=shutil.ignore_patterns(".git"))
        git(tree, "init", "-q")
        git(tree, "add", "-A", "-f")
        git(tree, "-c", "user.name=x", "-c", "user.email=x@x.invalid", "commit", "-qm", "start")
        if run(options.test, tree).returncode:
            sys.exit(f"the tests fail as they are: {' '.join(options.test)}")
        outcome = draw(options, tree)
    print(json.dumps(outcome["totals"]))
    if options.json:
        options.json.write_text(json.dumps(outcome, indent=1))


def draw(options, tree):
    rng = random.Random(options.seed)
    files = [
        path
        for path in sorted(tree.rglob("*"))
        if path.suffix in DEFINES
        and options.only in str(path.relative_to(tree))
        and not any(part in ("node_modules", "target", ".git", "build") for part in path.parts)
        and not re.search(r"(^|/)(tests?|testing|conftest)[/_.]|[._]test\.|/test_", str(path.relative_to(tree)))
    ]
    places = [place for path in files for place in of_file(options.kind, path, rng)]
    rng.shuffle(places)
    totals, broken, times = collections.Counter(), [], []
    for path, arguments in places[: options.tries]:
        if totals["passed"] + totals["broken"] >= options.count:
            break
        name = path.relative_to(tree)
        command = [options.slm, "refactor", name, *arguments, "--json", "--no-checks"]
        command += ["--api"] if options.api else []
        start = time.perf_counter()
        answer = run([str(word) for word in command], tree)
        times.append(time.perf_counter() - start)
        try:
            found = json.loads(answer.stdout.splitlines()[-1])
        except (IndexError, ValueError):
            totals["crashed"] += 1
            broken.append({"file": str(name), "arguments": arguments, "output": answer.stdout + answer.stderr})
            continue
        step = (found.get("steps") or [{}])[0]
        peer = ask_rope(options, tree, name, arguments) if options.rope else None
        if not step.get("diff"):
            totals["refused"] += 1
            totals[f"refused: {step.get('reason') or 'not found'}"] += 1
            if peer:
                totals[f"slm refused, rope {peer}"] += 1
            continue
        applied = subprocess.run(["git", "apply", "--whitespace=nowarn"], input=step["diff"], text=True, cwd=tree, capture_output=True)
        test = run(options.test, tree) if applied.returncode == 0 else applied
        verdict = "passed" if test.returncode == 0 else "broken"
        totals[verdict] += 1
        if peer:
            totals[f"slm {verdict}, rope {peer}"] += 1
        if verdict == "broken":
            broken.append({"file": str(name), "arguments": arguments, "diff": step["diff"], "output": test.stdout[-2000:] + test.stderr[-2000:]})
            print(f"BROKEN {name} {arguments}\n{step['diff']}\n{(test.stdout + test.stderr)[-1500:]}", file=sys.stderr)
        git(tree, "checkout", "-q", "--", ".")
        git(tree, "clean", "-qfd")
    times.sort()
    totals["drawn"] = len(times)
    totals["median ms"] = round(1000 * times[len(times) // 2]) if times else 0
    return {"tree": options.tree.name, "kind": options.kind, "seed": options.seed, "totals": dict(totals), "broken": broken}


ROPE = """
import sys
from rope.base.project import Project
from rope.refactor.extract import ExtractMethod
from rope.refactor.rename import Rename
kind, root, path, place, name = sys.argv[1:]
project = Project(root, ropefolder=None)
resource = project.get_resource(path)
lines = resource.read().splitlines(keepends=True)
start = lambda line: sum(map(len, lines[: line - 1]))
if kind == "rename":
    line, column = map(int, place.split(":"))
    changes = Rename(project, resource, start(line) + column - 1).get_changes(name)
else:
    first, last = map(int, place.split("-"))
    end = start(last + 1)
    begin = start(first) + len(lines[first - 1]) - len(lines[first - 1].lstrip())
    changes = ExtractMethod(project, resource, begin, end - 1).get_changes(name)
project.do(changes)
"""


def ask_rope(options, tree, name, arguments):
    """What becomes of the same step when rope makes it: "refused", "passed" or "broken"."""
    place, new = arguments[1], arguments[3]
    made = run([str(options.rope), "-c", ROPE, options.kind, str(tree), str(name), place, new], tree)
    changed = subprocess.run(["git", "diff", "--quiet"], cwd=tree).returncode != 0
    if made.returncode or not changed:
        verdict = "refused"
    else:
        verdict = "passed" if run(options.test, tree).returncode == 0 else "broken"
    git(tree, "checkout", "-q", "--", ".")
    git(tree, "clean", "-qfd")
    return verdict


def of_file(kind, path, rng):
    lines = path.read_text(errors="replace").splitlines()
    if kind == "rename":
        for number, line in enumerate(lines, 1):
            found = DEFINES[path.suffix].search(line)
            name = found and next((group for group in found.groups() if group), None)
            if name and name not in WORDS and not name.startswith("__"):
                column = line.index(name, found.start()) + 1
                yield path, ["--at", f"{number}:{column}", "--rename", fresh(name)]
        return
    for number, line in enumerate(lines, 1):
        depth = len(line) - len(line.lstrip())
        if not line.strip() or depth < 2 or rng.random() > 0.2:
            continue
        last = number
        for further in range(number + 1, min(number + rng.randrange(1, 7), len(lines) + 1)):
            text = lines[further - 1]
            if text.strip() and len(text) - len(text.lstrip()) < depth:
                break
            if text.strip():
                last = further
        yield path, ["--lines", f"{number}-{last}", "--extract", "extracted_part"]


def fresh(name):
    if name.isupper():
        return name + "_RENAMED"
    return name + ("Renamed" if re.search(r"[a-z][A-Z]|^[A-Z]", name) else "_renamed")


def run(command, cwd):
    try:
        return subprocess.run(command, cwd=cwd, text=True, capture_output=True, timeout=300)
    except subprocess.TimeoutExpired as late:
        return subprocess.CompletedProcess(command, 124, str(late.stdout or ""), "did not end in time")


def git(tree, *words):
    subprocess.run(["git", *words], cwd=tree, check=True, capture_output=True)


main()
