"""Stage `observe`: what tests really say of injected bugs, from the standard library and its own tests.

A bug is put into a function of a module, the module's tests run against the broken module in a forked
process, and the first failure gives the message and the failing lines. Where Python comes without its
tests there is nothing to observe. Output: `observed.jsonl`, an example a line, whole functions.
"""

import contextlib
import importlib.util
import json
import multiprocessing
import os
import random
import re
import resource
import signal
import sys
import sysconfig
import tempfile
import time
import unittest
import warnings
from collections import Counter
from pathlib import Path

from . import format, inject

# Pure modules whose tests neither need a network nor take long, and the tests' names where they differ.
MODULES = """argparse ast base64 bisect calendar cmd code codecs codeop collections colorsys configparser contextlib
copy copyreg csv dataclasses difflib dis enum fileinput fnmatch fractions functools genericpath getopt gettext glob
graphlib heapq hmac html imghdr ipaddress keyword linecache locale mimetypes netrc ntpath numbers opcode optparse
pathlib pickletools plistlib posixpath pprint pyclbr quopri random reprlib sched shlex shutil sndhdr stat statistics
string stringprep symtable tabnanny tempfile textwrap timeit token tokenize trace traceback types typing uuid wave
weakref xdrlib zipfile""".split()
TESTS = {
    "ast": "test.test_ast",
    "html.parser": "test.test_htmlparser",
    "urllib.parse": "test.test_urlparse",
    "http.cookies": "test.test_http_cookies",
    "email.utils": "test.test_email.test_utils",
    "email.header": "test.test_email.test_email",
    "email.message": "test.test_email.test_email",
    "email._header_value_parser": "test.test_email.test__header_value_parser",
    "json.decoder": "test.test_json",
    "json.encoder": "test.test_json",
    "_pydatetime": "test.test_datetime",
    "xml.dom.minidom": "test.test_minidom",
    "unittest.mock": "test.test_unittest",
    "importlib.metadata": "test.test_importlib",
}
# Modules that are in no training set: the test set of observed failures.
TEST = {"textwrap", "fractions", "configparser", "shlex", "html.parser", "urllib.parse", "calendar"}
SECONDS = 6
MEMORY_BYTES = 2 << 30
TRIES = 3


def run(config, out):
    """Write the observed failures; returns how many mutants were run and what became of them.

    Modules, in a seeded order, that are not done within `observe_minutes` are left out.
    """
    targets = [(name, TESTS.get(name, f"test.test_{name}")) for name in dict.fromkeys([*MODULES, *TESTS])]
    if config["observe_modules"]:
        targets = [pair for pair in targets if pair[0] in config["observe_modules"]]
    jobs = [
        (name, test, config["seed"], config["observe_per_function"]) for name, test in targets if sources(name, test)
    ]
    random.Random(config["seed"]).shuffle(jobs)
    figures = Counter()
    with (
        (out / "observed.jsonl").open("w") as sink,
        multiprocessing.get_context("spawn").Pool(config["workers"]) as pool,
    ):
        over, running = time.monotonic() + config["observe_minutes"] * 60, pool.imap_unordered(observe_module, jobs)
        for _ in jobs:
            try:
                found = running.next(max(0.0, over - time.monotonic()))
            except multiprocessing.TimeoutError:
                break
            figures.update({**found["figures"], "modules": 1})
            for example in found["examples"]:
                sink.write(json.dumps({"role": "test" if found["module"] in TEST else "train", **example}) + "\n")
    return dict(figures)


def is_test_file(record):
    """Whether a file of the corpus is the source of a module that is held out."""
    name = record["path"].removesuffix(".py").replace("/", ".")
    return record["package"] == "python-stdlib" and name in TEST


def sources(name, test):
    """The source file of a module, or None where it or its test is missing."""
    try:
        spec, tests = importlib.util.find_spec(name), importlib.util.find_spec(test)
    except (ImportError, ValueError):
        return None
    library = sysconfig.get_paths()["stdlib"]
    usable = spec and tests and spec.origin and spec.origin.endswith(".py") and spec.origin.startswith(library)
    return Path(spec.origin) if usable else None


def observe_module(job):
    """Failures of one module's mutants."""
    name, test, seed, per_function = job
    path, rng, figures, examples = sources(name, test), random.Random(f"{seed}/{name}"), Counter(), []
    text = path.read_text()
    if observe(name, test, path, text)["verdict"] != "passed":
        return {"module": name, "figures": {"modules whose tests do not pass": 1}, "examples": []}
    for unit in inject.units_of(text):
        for _ in range(per_function if unit.is_function else 0):
            broken = next(
                (b for _ in range(TRIES) if (b := inject.inject(unit, rng)) and b.kind not in inject.SYNTAX), None
            )
            if broken is None:
                continue
            mutant = replaced(text, unit, broken.text)
            found = observe(name, test, path, mutant) if mutant else {"verdict": "not placed"}
            figures[found["verdict"]] += 1
            if found["verdict"] == "failed":
                examples.append(example_of(unit, broken, found, rng))
    return {"module": name, "figures": figures, "examples": examples}


def replaced(text, unit, broken):
    """The file with the unit's lines replaced, or None where it does not parse."""
    lines = text.split("\n")
    begin, end = unit.number - 1, unit.number - 1 + len(unit.lines)
    pad = format.indentation(lines[begin:end])
    new = [pad + line if line else "" for line in broken.split("\n")]
    mutant = "\n".join(lines[:begin] + new + lines[end:])
    return None if inject.compile_error(mutant) else mutant


def example_of(unit, broken, found, rng):
    """An example whose message is the observed one, at times in the words of another test tool."""
    before, after = broken.text.split("\n"), unit.text.split("\n")
    at = [line - unit.number + 1 for line in found["lines"] if 0 <= line - unit.number < len(before)]
    err = found["error"]
    kind, _, words = err.partition(": ")
    sides = re.sub(r"^\w+ differ: ", "", words.split(" : ")[0]).split(" != ")
    if kind == "AssertionError" and len(sides) == 2 and rng.random() < 0.5:
        err = f"AssertionError: assert {sides[0]} == {sides[1]}"
    begin, end = docstring_rows(unit)
    if end and rng.random() < 0.75 and before[begin:end] == after[begin:end]:
        del before[begin:end], after[begin:end]
        at = [line - (end - begin) * (line > end) for line in at if not begin < line <= end]
    return {
        "language": "py",
        "kind": f"observed {broken.kind}",
        "err": format.message(err),
        "at": list(dict.fromkeys(at))[: format.MAX_AT],
        "before": before,
        "after": after,
    }


def docstring_rows(unit):
    """The lines (first, one past the last, from 0) of a function's docstring, (0, 0) where it cannot be left out."""
    body = unit.function.body if unit.is_function else []
    if len(body) < 2 or not inject.unit.is_docstring(body[0]) or body[0].lineno == unit.function.lineno:
        return 0, 0
    begin, end = body[0].lineno - 1, body[0].end_lineno
    if unit.lines[end - 1].rstrip()[-1:] not in "'\"" or body[1].lineno <= end:
        return 0, 0
    return begin, end


def observe(name, test, path, text):
    """Run the tests against `text` as the module, in a process of its own.

    Returns the verdict (passed, failed, ended); with a failure its message and the module's lines in it,
    the innermost first.
    """
    reader, writer = os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        child = os.fork()
        if child == 0:
            os.close(reader)
            try:
                confine(scratch)
                answer = run_tests(name, test, path, text)
                os.write(writer, json.dumps(answer).encode()[:60_000])
            finally:
                os._exit(0)
        os.close(writer)
        with os.fdopen(reader, "rb") as source:
            data = source.read()
        os.waitpid(child, 0)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
    try:
        return json.loads(data)
    except ValueError:
        return {"verdict": "ended"}


def confine(scratch):
    """Limits on time, memory and files; no output; a working directory of its own for temporary files too."""
    os.setsid()
    signal.alarm(SECONDS)
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (16 << 20, 16 << 20))
    os.chdir(scratch)
    tempfile.tempdir = os.environ["TMPDIR"] = scratch
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silence, stream)


def run_tests(name, test, path, text):
    """Import the broken module under its name, then run the tests until the first failure."""
    warnings.simplefilter("ignore")
    sys.argv, sys.path[:] = [test], [p for p in sys.path if p]
    for loaded in [m for m in sys.modules if m == name or m.startswith("test.")]:
        del sys.modules[loaded]
    result = First()
    try:
        spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=search_of(path))
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        exec(compile(text, str(path), "exec"), module.__dict__)
        if "." in name:
            parent, _, last = name.rpartition(".")
            setattr(importlib.import_module(parent), last, module)
        unittest.defaultTestLoader.loadTestsFromName(test).run(result)
    except Exception:
        result.note(sys.exc_info())
    if result.first is None:
        return {"verdict": "passed"}
    kind, value, trace = result.first
    lines = []
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            lines.insert(0, trace.tb_lineno)
        trace = trace.tb_next
    text = str(value)
    return {"verdict": "failed", "error": f"{kind.__name__}: {text}" if text else kind.__name__, "lines": lines[:20]}


def search_of(path):
    return [str(path.parent)] if path.name == "__init__.py" else None


class First(unittest.TestResult):
    """Remembers the first failure and stops there."""

    def __init__(self):
        super().__init__()
        self.first = None

    def note(self, info):
        self.first = self.first or info
        self.stop()

    def addError(self, test, err):
        self.note(err)

    def addFailure(self, test, err):
        self.note(err)

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.note(err)
