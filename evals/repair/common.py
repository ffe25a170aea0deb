"""What building and running the suite share: running tests of a tree and reading their verdicts."""

import os
import resource
import signal
import subprocess
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

MEMORY_BYTES = 4 << 30


def environment(venv: Path, pythonpath: str = "") -> dict:
    """A small environment in which `python3` is the suite's own interpreter."""
    env = {
        "PATH": f"{venv}/bin:/usr/local/bin:/usr/bin:/bin",
        "VIRTUAL_ENV": str(venv),
        "HOME": os.environ.get("HOME", "/"),
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        # What is measured depends on no run before it.
        "SLM_KEEP_WARM": "0",
    }
    if pythonpath:
        env["PYTHONPATH"] = pythonpath
    return env


def run(argv, cwd, env, seconds, memory=MEMORY_BYTES):
    """Run with a time and memory limit, killing the whole group.

    Returns (code, output, seconds); code is None after a kill. `memory` None: no limit.
    """

    def limits():
        os.setsid()
        if memory is not None:
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
            resource.setrlimit(resource.RLIMIT_FSIZE, (256 << 20, 256 << 20))

    began = time.monotonic()
    child = subprocess.Popen(
        argv, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, preexec_fn=limits,
    )
    try:
        out, _ = child.communicate(timeout=seconds)
        code = child.returncode
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        out, _ = child.communicate()
        code = None
    return code, out.decode(errors="replace"), time.monotonic() - began


def verdicts(pytest_args, tree: Path, env, seconds):
    """Every test's verdict: {id: "passed" | "failed" | "skipped"}, or None when it did not end.

    Also returns the seconds taken. A file that cannot be collected counts as one failed test.
    """
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch, "report.xml")
        argv = ["python3", "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}"]
        argv[0] = env["PATH"].split(":")[0] + "/python3"
        code, _, took = run(argv + pytest_args, tree, env, seconds)
        if code is None or not report.exists():
            return None, took
        found = {}
        for case in ElementTree.parse(report).iter("testcase"):
            kinds = {child.tag for child in case}
            verdict = "passed"
            if kinds & {"failure", "error"}:
                verdict = "failed"
            elif "skipped" in kinds:
                verdict = "skipped"
            found[f"{case.get('classname')}::{case.get('name')}"] = verdict
        return found, took


def lost_tests(passed, found):
    """Tests that passed and do not any more. Some are numbered along a set of objects, in another order in each run: one
    that is not there is lost only where its function has fewer that pass."""
    by_function = Counter(function_of(t) for t in passed)
    now = Counter(function_of(t) for t, verdict in found.items() if verdict == "passed")
    fewer = {f for f, count in by_function.items() if now[f] < count}
    return [t for t in passed if found.get(t) != "passed" and (t in found or function_of(t) in fewer)]


def function_of(test):
    return test.split("[", 1)[0]
