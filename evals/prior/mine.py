#!/usr/bin/env python3
"""Collect small fixes from the histories of public projects, for the prior of the search.

    mine.py --out FILE [--language python] [--before 2020-01-01] [--limit N] DIR...

DIR are git repositories (bare ones too), cloned by the caller; `repositories.txt` lists those that
the committed tables were made from. Each line of FILE is a commit that says it repairs something and
changes one place of one source file of the language: `repository`, `commit`, `path`, `before` (the whole file),
`first` and `last` (the lines that the change replaces, from 1; `last` is one less than `first` for an
insertion), `after` (the new lines).

Only commits older than `--before` count: the public repair benchmarks that draw on many projects
draw on newer ones, and projects that older benchmarks were made from are refused (training/holdout.py), as
are the packages of this repository's own suites. Copies of other projects inside of one are passed over.
"""

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
from training import holdout  # noqa: E402

SAYS_FIX = r"\b(fix(e[sd]|ing)?|bug(fix)?|regression|crash(e[sd])?|wrong|incorrect(ly)?|broken|typo in code)\b"
# Neither a behaviour nor a bug of the program.
SAYS_OTHER = re.compile(
    r"\b(doc(s|strings?|umentation)?|typos?|spelling|comments?|pep ?8|flake8|lint(s|er|ing)?|pylint|style|whitespace|"
    r"indentation|copyright|version|changelog|readme|tests?|travis|merge|deprecat\w+|python ?3|py3k?|"
    r"[ejt]s(lint|hint)|prettier|golint|gofmt|rustfmt|clippy|warnings?)\b",
    re.IGNORECASE,
)
# By language, the endings of its files, and those of them that hold no behaviour of the program.
LANGUAGES = {
    "python": ("py", r"(^|/)test_|_tests?\.py$"),
    "javascript": ("js jsx mjs cjs ts tsx", r"[._-](test|spec|min|bundle|config)s?\.\w+$|\.d\.ts$|(^|/)(dist|build|lib/locales?)/"),
    "rust": ("rs", r"(^|/)(build|tests?)\.rs$|_tests?\.rs$"),
    "go": ("go", r"_test\.go$|\.pb\.go$|(^|[/_.])(generated|bindata)"),
}
NOT_SOURCE = r"(^|/)_*(tests?|testing|specs?|docs?|examples?|scripts?|setup|conftest|fixtures?|bench(mark)?(es|s)?)_*(/|\.py|_)"
BUNDLED = re.compile(
    r"(^|/)(_?vendor(ed|ized)?|third_?party|externals?|extern|ext|bundled|node_modules|godeps|bower_components)/", re.IGNORECASE
)
# Changes this many lines apart are one: a statement that moved is two hunks of a diff.
NEAR = 5
MAX_LINES = 10
MAX_FILE = 200_000


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--language", choices=LANGUAGES, default="python")
    parser.add_argument("--before", default="2020-01-01")
    parser.add_argument("--limit", type=int, help="fixes of one repository at most")
    parser.add_argument("repositories", nargs="+", type=Path)
    options = parser.parse_args()
    with options.out.open("w") as sink:
        for where in options.repositories:
            count = 0
            if holdout.refuses(name(where)):
                print(f"refused {name(where)}: it is held out", file=sys.stderr, flush=True)
                continue
            for fix in places(where, options.language, options.before):
                sink.write(json.dumps(fix) + "\n")
                count += 1
                if count == options.limit:
                    break
            print(f"{count:5} {name(where)}", file=sys.stderr, flush=True)


def name(where):
    """`owner/project`, when the path says it."""
    text = str(where.resolve())
    found = re.search(r"([\w.-]+)\+([\w.-]+)", text)
    return "/".join(found.groups()) if found else where.resolve().name


def places(where, language, before):
    for commit, path, changes in fixes(where, language, before):
        text = blob(where, f"{commit}^:{path}")
        if text is None:
            continue
        first, last, new = joined(changes, text.split("\n"))
        yield {
            "repository": name(where),
            "commit": commit,
            "path": path,
            "before": text,
            "first": first,
            "last": last,
            "after": new,
        }


def joined(changes, lines):
    """Several hunks as one: first line, last line, and the lines that come instead."""
    begin = end = changes[0][0]
    after = []
    for first, count, new in changes:
        after += lines[end - 1:first - 1] + new
        end = first + count
    return begin, end - 1, after


def fixes(where, language, before):
    """Commits with few changed lines in one source file: (commit, path, [(line, count, new)])."""
    endings, elsewhere = LANGUAGES[language]
    not_source = re.compile(f"{NOT_SOURCE}|{elsewhere}")
    patterns = [f"*.{ending}" for ending in endings.split()]
    words = ["log", "--no-merges", f"--before={before}", "-E", "-i", f"--grep={SAYS_FIX}", "--diff-filter=M"]
    words += ["-p", "-U0", "--no-color", "--no-ext-diff", "--no-renames", "--format=%x00%H%x01%s", "--", *patterns]
    process = subprocess.Popen(
        ["git", "-C", str(where), *words], stdout=subprocess.PIPE, text=True, encoding="utf-8", errors="replace"
    )
    for entry in entries(process.stdout):
        head, _, diff = entry.partition("\n")
        commit, _, subject = head.partition("\x01")
        if SAYS_OTHER.search(subject):
            continue
        sources = [(path_of(part), part) for part in re.split(r"(?m)^diff --git .*\n", diff)[1:]]
        sources = [(path, part) for path, part in sources if path and not not_source.search(path)]
        if len(sources) != 1:
            continue
        path, part = sources[0]
        if BUNDLED.search(path) or holdout.is_copy(path):
            continue
        changes = list(changes_of(part))
        if changes and is_small(changes):
            yield commit, path, changes
    process.wait()


def entries(stream):
    """The parts of a stream between NUL characters."""
    held = []
    for line in stream:
        if line.startswith("\x00"):
            if held:
                yield "".join(held)
            held = [line[1:]]
        else:
            held.append(line)
    if held:
        yield "".join(held)


def path_of(part):
    found = re.search(r"(?m)^\+\+\+ b/(.*)$", part)
    return found.group(1) if found else None


def changes_of(part):
    pieces = re.split(r"(?m)^@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@.*\n", part)
    for at in range(1, len(pieces), 3):
        count = int(pieces[at + 1]) if pieces[at + 1] is not None else 1
        new = [line[1:] for line in pieces[at + 2].split("\n") if line.startswith("+")]
        # An insertion is given by the line it follows.
        yield int(pieces[at]) + (0 if count else 1), count, new


def is_small(changes):
    """True for a change of few lines at one place."""
    near = all(b[0] - (a[0] + a[1]) <= NEAR for a, b in zip(changes, changes[1:]))
    return near and sum(max(count, len(new)) for _, count, new in changes) <= MAX_LINES


def blob(where, spec):
    done = subprocess.run(["git", "-C", str(where), "show", spec], capture_output=True)
    if done.returncode or len(done.stdout) > MAX_FILE:
        return None
    try:
        return done.stdout.decode("utf-8")
    except UnicodeDecodeError:
        return None


if __name__ == "__main__":
    main()
