"""Writes `format_cases.json`: windows, prompts and targets that every implementation must agree on.

    python -m training.cases

The code in the cases is written for them. Bugs come from the injection with a fixed seed, and from pairs
that each try one rule of the format.
"""

import json
import random
from pathlib import Path

from . import format, inject

PATH = Path(__file__).parent / "format_cases.json"
SOURCES = [
    '''
def take_until(items, limit, key=None):
    """The first items whose sum stays below a limit."""
    total = 0
    taken = []
    for index, item in enumerate(items):
        size = key(item) if key is not None else item
        if total + size > limit:
            break
        total += size
        taken.append(item)
    return taken, total
''',
    """
    def lookup(self, name, default=None):
        entry = self.entries.get(name.strip().lower())
        if entry is None or entry.expired(self.clock()):
            if default is None:
                raise KeyError(f"no entry {name!r}")
            return default

        self.hits[name] += 1
        return str(entry.value)[:80]
""",
    """
async def fetch_all(session, urls, retries=3):
    results = {}
    for url in sorted(urls):
        for attempt in range(1, retries + 1):
            try:
                results[url] = await session.get(url, timeout=5 * attempt)
                break
            except (OSError, ValueError) as error:
                if attempt == retries:
                    results[url] = "%s after %d tries" % (error, attempt)
    return results
""",
]
# (language, err, at, before, after): each tries a rule.
PAIRS = [
    ("py", "", [], ["return a < b"], ["return a <= b"]),
    (
        "py",
        "AssertionError: assert 3 == 4\n  more lines",
        [2],
        ["def f(x):", "    return x + x + 1"],
        ["def f(x):", "    return x + x + 2"],
    ),
    ("py", "", [1], ["x = a + a"], ["x = a + b"]),
    ("py", "", [1], ["f(a, a)"], ["f(a)"]),
    (
        "py",
        "IndexError:   list\tindex out of range",
        [2, 1],
        ["    if items:", "        return items[len(items)]"],
        ["    if items:", "        return items[len(items) - 1]"],
    ),
    ("py", "", [], ["    a = 1", "", "    b = 2"], ["    a = 1", "", "    c = 3", "    b = 2"]),
    ("py", "", [], ["a = 1", "b = 2", "c = 3"], ["a = 1", "c = 3"]),
    ("py", "", [], ["a()", "b()", "c()"], ["b()", "a()", "c()"]),
    ("py", "", [], ["do(x)"], ["if x:", "    do(x)"]),
    ("py", "", [], ["if x:", "    do(x)", "    log(x)"], ["do(x)", "log(x)"]),
    ("py", "", [], ["if a:", "    b()", "    c()", "d()"], ["d()"]),
    ("py", "", [], ["a()"], ["a()", "b()", "c()"]),
    ("py", "", [], ["a()", ""], ["a()"]),
    ("py", "", [], ["x = '\u00e9t\u00e9 \u2192 n'"], ["x = '\u00e9t\u00e8 \u2192 n'"]),
    (
        "py",
        "TypeError: " + "long " * 60,
        [1, 2, 3, 4],
        ["one(1)", "two(2)", "three(3)", "four(4)"],
        ["one(1)", "two(2)", "three(4)", "four(4)"],
    ),
    ("py", "\n\n  ValueError: late  \n", [], ["x = 1  ", "\ty = 2\t"], ["x = 2", "\ty = 2"]),
    ("py", "about <src> tokens", [], ["x = 1"], ["x = 2"]),
    ("py", "", [], ["y = '<fix>'", "x = 1"], ["y = '<fix>'", "x = 2"]),
    ("py", "", [], ["x = 1", "y = 2"], ["", "y = 2"]),
    ("py", "", [], ["    x = 1", "    y = 2"], ["x = 1", "y = 2"]),
    ("py", "", [], ["\tif a:", "\t\treturn aa"], ["\tif a:", "\t\treturn aaa"]),
    (
        "rs",
        "assertion `left == right` failed",
        [3],
        ["fn last(items: &[u8]) -> u8 {", "    let n = items.len();", "    items[n]", "}"],
        ["fn last(items: &[u8]) -> u8 {", "    let n = items.len();", "    items[n - 1]", "}"],
    ),
    (
        "js",
        "TypeError: x.foo is not a function",
        [2],
        ["function f(x) {", "  return x.foo() && x.bar;", "}"],
        ["function f(x) {", "  return x.food() && x.bar;", "}"],
    ),
    (
        "ts",
        "",
        [],
        ["export const size = (a: string): number => a.length - 1;"],
        ["export const size = (a: string): number => a.length;"],
    ),
    (
        "go",
        "panic: runtime error: index out of range [3] with length 3",
        [2],
        ["for i := 0; i <= len(a); i++ {", "\tsum += a[i]", "}"],
        ["for i := 0; i < len(a); i++ {", "\tsum += a[i]", "}"],
    ),
]


def cases():
    """Every case as a dictionary; `prompt` or `target` is None where there is none."""
    found = [case(*pair) for pair in PAIRS]
    rng = random.Random(7)
    for text in SOURCES:
        lines = text.strip("\n").split("\n")
        pad = format.indentation(lines)
        unit = inject.Unit(
            "\n".join(format.tidy(lines)), inject.Facts(), "Store.lookup" if pad else lines[0].split("(")[0][4:]
        )
        for _ in range(9):
            broken = inject.inject(unit, rng)
            before = [pad + line if line else "" for line in broken.text.split("\n")]
            at = [broken.line] if broken.line else []
            found.append(case("py", broken.error, at, before, lines))
    return found


def case(language, err, at, before, after):
    tidy = format.tidy(before)
    shared = format.indentation([line.rstrip(format.BLANK) for line in before])
    repaired = format.tidy(after, shared)
    target = format.target(tidy, repaired) if repaired is not None else None
    return {
        "language": language,
        "err": err,
        "at": at,
        "lines_before": before,
        "lines_after": after,
        "prompt": format.prompt(language, err, at, tidy),
        "target": target,
    }


def main():
    text = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in cases())
    PATH.write_text(f"[\n{text}\n]\n")


if __name__ == "__main__":
    main()
