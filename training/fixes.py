"""Real fixes, from the JSON lines that `evals/prior/mine.py` writes, as pairs of windows."""

import ast
import json
import re
import warnings

from . import format, holdout

# Repositories whose fixes are never trained on: the test set of real bugs.
TEST = {
    "arrow-py/arrow",
    "chainer/chainer",
    "coleifer/peewee",
    "jmcnamara/XlsxWriter",
    "mpmath/mpmath",
    "pallets/click",
    "Pylons/pyramid",
    "Pylons/webob",
    "redis/redis-py",
    "Supervisor/supervisor",
}
TEST_PACKAGES = {
    "arrow",
    "chainer",
    "click",
    "mpmath",
    "peewee",
    "pyramid",
    "redis",
    "supervisor",
    "webob",
    "xlsxwriter",
}
MAX_TARGET_LINES = 8


def pairs(path):
    """(role, repository, window before, window after, first changed line) of each usable fix."""
    with open(path) as source:
        for line in source:
            fix = json.loads(line)
            if holdout.refuses(fix["repository"]):
                continue
            found = pair(fix)
            if found:
                yield ("test" if fix["repository"] in TEST else "train", fix["repository"], *found)


def pair(fix):
    """The enclosing function before and after, and the index of the first changed line; None if unfit."""
    lines = fix["before"].split("\n")
    first, last = fix["first"] - 1, fix["last"]
    if max(last - first, len(fix["after"])) > MAX_TARGET_LINES:
        return None
    begin, end = enclosing(lines, first, max(last, first + 1))
    before = lines[begin:end]
    after = lines[begin:first] + fix["after"] + lines[last:end]
    if not before or not parses(after) or only_comments(before, after):
        return None
    return before, after, first - begin


def enclosing(lines, first, last, around=16):
    """The span of the innermost `def` that holds the lines, by indentation; else the lines around."""
    depth = min((indent(line) for line in lines[first:last] if line.strip()), default=0)
    begin = first
    while begin >= 0 and not (re.match(r"\s*(async )?def ", lines[begin]) and indent(lines[begin]) < max(depth, 1)):
        if lines[begin].strip() and indent(lines[begin]) < depth:
            depth = indent(lines[begin])
        begin -= 1
    if begin < 0 or depth == 0:
        return max(0, first - around), min(len(lines), last + around)
    top = indent(lines[begin])
    end = last
    while end < len(lines) and (not lines[end].strip() or indent(lines[end]) > top):
        end += 1
    while end > last and not lines[end - 1].strip():
        end -= 1
    while begin > 0 and lines[begin - 1].lstrip().startswith("@") and indent(lines[begin - 1]) == top:
        begin -= 1
    return begin, end


def indent(line):
    return len(line) - len(line.lstrip())


def parses(lines):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse("\n".join(format.tidy(lines)))
        return True
    except (SyntaxError, ValueError):
        return False


def only_comments(before, after):
    """Whether the code is the same but for comments and docstrings."""
    try:
        trees = [ast.parse("\n".join(format.tidy(lines))) for lines in (before, after)]
    except (SyntaxError, ValueError):
        return False
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                node.value.value = None
    return ast.dump(trees[0]) == ast.dump(trees[1])
