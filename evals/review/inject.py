#!/usr/bin/env python3
"""Puts one mistake or secret of each class into files of a repository, and counts what a review finds.

    inject.py GIT_DIR [--each 20] [--seed 1] [--reviewer CMD] [--json]

Every injection is a commit of its own on top of HEAD, in a scratch repository that borrows the objects of
GIT_DIR, which stays as it is. Found means: the rule that is meant, in the file that was changed or, for what is
removed, anywhere. Secrets are made up at random when this runs.
"""

import argparse
import ast
import json
import os
import random
import re
import string
import subprocess
import sys
import tempfile
import zlib
from collections import Counter, defaultdict

from history import DEFAULT, findings

ALNUM = string.ascii_letters + string.digits


def noise(rng, n, alphabet=ALNUM):
    return "".join(rng.choice(alphabet) for _ in range(n))


def functions(text):
    try:
        return [n for n in ast.walk(ast.parse(text)) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
    except (SyntaxError, ValueError):
        return []


def put(text, node, line):
    """`line` as the first statement of a function, behind its docstring."""
    first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
    lines = text.split("\n")
    lines.insert(first.lineno - 1, " " * first.col_offset + line)
    return "\n".join(lines)


def inside(line):
    """An injection that adds a line to some function."""

    def make(rng, text):
        found = [f for f in functions(text) if f.args.args and not isinstance(f.body[0], ast.Pass)]
        if not found:
            return None
        node = rng.choice(found)
        return put(text, node, line.replace("ARG", node.args.args[-1].arg))

    return make


def replaced(pattern, new, where=0):
    """An injection that replaces one match of a pattern."""

    def make(rng, text):
        found = list(re.finditer(pattern, text, re.M))
        if not found:
            return None
        one = rng.choice(found)
        return text[: one.start()] + one.expand(new) + text[one.end() :]

    return make


def misspelt(rng, text):
    """One read of a local variable, with two letters exchanged."""
    found = []
    for function in functions(text):
        bound = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        reads = [n for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)]
        found += [n for n in reads if n.id in bound and len(n.id) > 4]
    if not found:
        return None
    node = rng.choice(found)
    at = rng.randrange(1, len(node.id) - 1)
    new = node.id[:at] + node.id[at + 1] + node.id[at] + node.id[at + 2 :]
    lines = text.split("\n")
    if new == node.id or re.search(rf"\b{new}\b", text) or not lines[node.lineno - 1].isascii():
        return None
    line = lines[node.lineno - 1]
    lines[node.lineno - 1] = line[: node.col_offset] + new + line[node.col_offset + len(node.id) :]
    return "\n".join(lines)


def cut(test, at_top=False):
    """An injection that removes one whole function."""

    def make(rng, text):
        found = [f for f in functions(text) if test(f, text) and (not at_top or f.col_offset == 0)]
        if not found:
            return None
        node = rng.choice(found)
        first = min([node.lineno] + [d.lineno for d in node.decorator_list])
        lines = text.split("\n")
        return "\n".join(lines[: first - 1] + lines[node.end_lineno :])

    return make


def unasserted(rng, text):
    found = [f for f in functions(text) if f.name.startswith("test") and any(isinstance(n, ast.Assert) for n in f.body)]
    if not found:
        return None
    node = rng.choice(found)
    gone = {k for n in ast.walk(node) if isinstance(n, ast.Assert) for k in range(n.lineno, n.end_lineno + 1)}
    lines = [line for k, line in enumerate(text.split("\n"), 1) if k not in gone]
    lines.insert(node.body[0].lineno - 1, " " * node.body[0].col_offset + "done = 1")
    return "\n".join(lines)


def skipped(rng, text):
    found = [f for f in functions(text) if f.name.startswith("test") and not f.decorator_list]
    if not found:
        return None
    node = rng.choice(found)
    lines = text.split("\n")
    lines.insert(node.lineno - 1, " " * node.col_offset + "@pytest.mark.skip")
    return "\n".join(lines)


def secret(make):
    def inject(rng, text):
        name = rng.choice(["API_KEY", "client_secret", "auth_token", "DB_PASSWORD"])
        return text.rstrip("\n") + f'\n\n{name} = "{make(rng)}"\n'

    return inject


def github(body):
    """A token as it is issued: its last six characters are a checksum."""
    rest, tail = zlib.crc32(body.encode()), ""
    for _ in range(6):
        rest, digit = divmod(rest, 62)
        tail = (string.digits + string.ascii_uppercase + string.ascii_lowercase)[digit] + tail
    return "gh" + "p_" + body + tail


def key(rng, text):
    body = "\n".join(noise(rng, 64, ALNUM + "+/") for _ in range(12))
    name = "RSA PRIV" + "ATE KEY"
    return text.rstrip("\n") + f'\n\nKEY = """-----BEGIN {name}-----\n{body}\n-----END {name}-----"""\n'


def conflict(rng, text):
    lines = text.split("\n")
    at = rng.randrange(max(len(lines) - 2, 1))
    inner = ["<" * 7 + " HEAD", lines[at], "=" * 7, lines[at] + "  ", ">" * 7 + " other"]
    return "\n".join(lines[:at] + inner + lines[at + 1 :])


PYTHON = {
    "undefined-name": misspelt,
    "missing-import": replaced(r"^from (\.+\w*) import (\w{4,})$", r"from \1 import \2_x"),
    "missing-module": replaced(r"^from (\.+\w{4,}) import (\w+)", r"from \1_x import \2"),
    "wrong-arity": "arity",
    "removed-in-use": cut(lambda f, t: not f.name.startswith(("test", "_")) and t.count(f.name) > 1, at_top=True),
    "syntax-error": replaced(r"^(\s*(?:if|for|while|def) .*):$", r"\1"),
    "merge-marker": conflict,
    "debugger": inside("breakpoint()"),
    "debug-print": inside("print(ARG)"),
    "is-literal": replaced(r" == (\"\w+\"|'\w+')", r" is \1"),
    "assert-tuple": inside("assert (ARG, 'given')"),
    "not-implemented": replaced(r"raise NotImplementedError\b", "raise NotImplemented"),
    "missing-await": replaced(r"^(\s+)await (self\.\w+\(.*\))$", r"\1\2"),
    "unreachable": inside("return ARG"),
    "mutable-default": inside("def inner(found=[]):\n        found.append(1)"),
    "swallowed-exception": inside("try:\n            len(ARG)\n        except:\n            pass"),
    "duplicate-key": inside("table = {'a': 1, 'b': ARG, 'a': 3}"),
    "self-comparison": inside("same = ARG == ARG"),
    "sql-injection": inside("conn.execute(f\"SELECT id FROM users WHERE name = '{ARG}'\")"),
    "shell-injection": inside("__import__('os'); os.system('ls ' + ARG)"),
    "code-injection": inside("eval(ARG)"),
    "unsafe-loading": inside("yaml.load(ARG)"),
    "tls-disabled": inside("requests.get(ARG, verify=False)"),
    "weak-password-hash": inside("hashlib.md5(password.encode())"),
    "world-writable": inside("os.chmod(ARG, 0o777)"),
    "possible-secret": secret(lambda r: noise(r, 32)),
    "credentials-in-url": secret(lambda r: f"postgres://app:{noise(r, 14)}@db.acme-corp.net/main"),
    "private-key": key,
}
TESTS = {"test-removed": cut(lambda f, t: f.name.startswith("test")), "test-skipped": skipped, "assertions-removed": unasserted}
SECRETS = {
    "AWS": lambda r: "AK" + "IA" + noise(r, 16, string.ascii_uppercase + "234567"),
    "GitHub": lambda r: github(noise(r, 30)),
    "GitLab": lambda r: "gl" + "pat-" + noise(r, 20),
    "Slack": lambda r: "xo" + "xb-" + noise(r, 12, string.digits) + "-" + noise(r, 24),
    "Stripe": lambda r: "sk" + "_live_" + noise(r, 24),
    "OpenAI": lambda r: "sk" + "-" + noise(r, 20) + "T3Blbk" + "FJ" + noise(r, 20),
    "Anthropic": lambda r: "sk" + "-ant-api03-" + noise(r, 93),
    "npm": lambda r: "np" + "m_" + noise(r, 36),
    "PyPI": lambda r: "py" + "pi-AgE" + noise(r, 90),
    "SendGrid": lambda r: "SG" + "." + noise(r, 22) + "." + noise(r, 43),
    "Hugging Face": lambda r: "h" + "f_" + noise(r, 34, string.ascii_letters),
    "Azure": lambda r: "Account" + "Key=" + noise(r, 86) + "==",
}
JAVASCRIPT = {
    "debugger": replaced(r"^(.*\) \{)$", r"\1 debugger;"),
    "syntax-error": replaced(r"\) \{$", r") "),
    "undefined-name": replaced(r"\breturn (\w{5,})\b(?=;|$)", r"return \1Q"),
    "missing-module": replaced(r"from '(\./\w[\w/-]+)'", r"from '\1Q'"),
    "never-equal": replaced(r"^(\s+)return ", r"\1if (process.argv === NaN) {}\n\1return "),
    "code-injection": replaced(r"^(\s+)return (\w+)", r"\1eval(\2)\n\1return \2"),
}
JAVASCRIPT_TESTS = {
    "focused-test": replaced(r"\bit\((['\"])", r"it.only(\1"),
    "test-skipped": replaced(r"\b(it|test)\((['\"])", r"\1.skip(\2"),
}


def arity(rng, text):
    """A call of a function of the file, with one argument more than it takes."""
    plain = [f for f in functions(text) if f.col_offset == 0 and not f.decorator_list and not f.args.vararg]
    names = "|".join(f.name for f in plain)
    return replaced(rf"(?<![\w.])(?<!def )({names})\((?=[\w'\"])", r"\1(*(), 1, 2, 3, 4, 5, 6, 7, 8, 9, ".replace("*(), ", ""))(rng, text) if names else None


class Scratch:
    """Commits on top of HEAD without touching the repository."""

    def __init__(self, git):
        self.root = tempfile.TemporaryDirectory()
        self.git = os.path.join(self.root.name, "git")
        subprocess.run(["git", "init", "-q", "--bare", self.git], check=True)
        objects = os.path.abspath(os.path.join(git, "objects"))
        with open(os.path.join(self.git, "objects/info/alternates"), "w") as file:
            file.write(objects + "\n")
        head = subprocess.run(["git", "--git-dir", git, "rev-parse", "HEAD"], stdout=subprocess.PIPE, text=True, check=True)
        self.head = head.stdout.strip()
        self.run("read-tree", self.head)

    def run(self, *words, data=None):
        env = dict(os.environ, GIT_INDEX_FILE=os.path.join(self.root.name, "index"), GIT_NO_LAZY_FETCH="1")
        for who in ("AUTHOR", "COMMITTER"):
            env |= {f"GIT_{who}_NAME": "a", f"GIT_{who}_EMAIL": "a@example.com"}
        done = subprocess.run(["git", "--git-dir", self.git, *words], input=data, stdout=subprocess.PIPE, env=env, check=True)
        return done.stdout

    def files(self):
        return self.run("ls-tree", "-r", "-z", "--name-only", self.head).decode(errors="replace").split("\0")

    def text(self, path):
        try:
            return self.run("show", f"{self.head}:{path}").decode()
        except (UnicodeDecodeError, subprocess.CalledProcessError):
            return None

    def commit(self, path, text):
        old = self.run("ls-files", "-s", "--", path).decode().split()
        blob = self.run("hash-object", "-w", "--stdin", data=text.encode()).decode().strip()
        self.run("update-index", "--cacheinfo", f"{old[0]},{blob},{path}")
        tree = self.run("write-tree").decode().strip()
        self.run("update-index", "--cacheinfo", f"{old[0]},{old[1]},{path}")
        return self.run("commit-tree", tree, "-p", self.head, "-m", "injected").decode().strip()


def plan(scratch):
    """Per class of injection: its rule, how it is made, and the files it may go to."""
    files = [f for f in scratch.files() if not re.search(r"vendor|third_party|/data/|fixtures|examples?/|docs?/|scripts?/|tools?/", f)]
    is_test = lambda f: re.search(r"(^|/)(tests?|__tests__|spec)/|(^|/)test_|[._](test|spec)\.", f)
    py = [f for f in files if f.endswith(".py")]
    js = [f for f in files if f.endswith((".js", ".mjs"))]
    ts = [f for f in files if f.endswith((".js", ".mjs", ".ts"))]
    source, tests = [f for f in py if not is_test(f)], [f for f in py if is_test(f)]
    for rule, make in PYTHON.items():
        yield rule, rule, arity if make == "arity" else make, source
    for name, make in SECRETS.items():
        yield f"secret: {name}", "secret", secret(make), source
    for rule, make in TESTS.items():
        yield rule, rule, make, tests
    for rule, make in JAVASCRIPT.items():
        yield f"{rule} (JavaScript)", rule, make, [f for f in js if not is_test(f)]
    for rule, make in JAVASCRIPT_TESTS.items():
        yield f"{rule} (JavaScript)", rule, make, [f for f in ts if is_test(f)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("git")
    parser.add_argument("--each", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--reviewer", default=DEFAULT)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rng = random.Random(options.seed)
    scratch = Scratch(options.git)
    made, hit, missed = Counter(), Counter(), defaultdict(list)
    for label, rule, make, files in plan(scratch):
        for path in rng.sample(files, min(len(files), options.each * 6)):
            text = scratch.text(path) if made[label] < options.each else None
            new = make(rng, text) if text and len(text) < 200_000 else None
            if new is None or new == text:
                continue
            commit = scratch.commit(path, new)
            made[label] += 1
            found = findings(options.reviewer, scratch.git, commit)
            if any(one["rule"] == rule for one in found):
                hit[label] += 1
            else:
                missed[label].append(f"{path}: {sorted({one['rule'] for one in found})}")
    if options.json:
        print(json.dumps({label: [hit[label], made[label]] for label in made}))
    for label in made if not options.json else []:
        print(f"{label:34} {hit[label]:4} of {made[label]:4}", *missed[label][:2], sep="  ")
    print(f"{sum(hit.values())} of {sum(made.values())}", file=sys.stderr)


if __name__ == "__main__":
    main()
