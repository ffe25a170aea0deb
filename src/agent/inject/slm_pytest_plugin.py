"""Injected by slm into pytest through PYTEST_PLUGINS: outcomes, selection, test boundaries.

See sitecustomize.py beside it. Does nothing when that did not run.
"""
import os
import sys
import unittest

import pytest

_state = getattr(sys, "_slm_state", None)
if _state is not None:
    _state.pytest = True
_brief = bool(os.environ.get("SLM_BRIEF"))
# Test files that hold a wanted test; None when all are wanted.
_files = None
if _state is not None and _state.only and all("::" in test for test in _state.only):
    _files = set(test.split("::")[0] for test in _state.only)


def _unwanted(path, config):
    """True for test modules without a wanted test: importing them takes most of the time."""
    if _files is None or not path.endswith(".py"):
        return None
    name = os.path.basename(path)
    if name in ("conftest.py", "__init__.py"):
        return None
    root = str(getattr(config, "rootpath", None) or config.rootdir)
    return os.path.relpath(path, root).replace(os.sep, "/") not in _files or None


if getattr(pytest, "version_tuple", (0,)) >= (7,):

    def pytest_ignore_collect(collection_path, config):
        return _unwanted(str(collection_path), config)

else:

    def pytest_ignore_collect(path, config):
        return _unwanted(str(path), config)


def _needs_this_process():
    # The check server is this process, and so is what the line tracer sees.
    return _state is not None and (_state.server is not None or _state.tracing)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config):
    if _needs_this_process():
        # pytest-cov: there is one place for a trace function.
        early_config.known_args_namespace.no_cov = True


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    # pytest-xdist: its workers are other processes.
    if _needs_this_process() and hasattr(config.option, "numprocesses"):
        config.option.numprocesses = 0
        config.option.dist = "no"
        config.option.tx = []


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session):
    if _state is None or session.config.option.collectonly:
        return
    if session.testsfailed:
        if _state.candidate:
            os._exit(2)
    else:
        _state.at_tests()
        if _state.candidate and _state.server.order:
            _state.server.arrange(session.items)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    # Where many tests fail, telling how takes several times as long as running them.
    if _brief and getattr(config.option, "tbstyle", None) == "auto":
        config.option.tbstyle = "native"


@pytest.hookimpl(tryfirst=True)
def pytest_assertrepr_compare(config, op, left, right):
    # Comparing long texts takes longer than the test, and nobody reads it.
    return ["different"] if _brief or _state is not None and _state.candidate else None


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(item, call):
    if _state is None or not _state.candidate or call.excinfo is None:
        return
    no_failure = (pytest.skip.Exception, pytest.xfail.Exception, unittest.SkipTest)
    if not isinstance(call.excinfo.value, no_failure) and not item.get_closest_marker("xfail"):
        _state.failed(item.nodeid)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(session, config, items):
    if _state is None or _state.only is None:
        return
    keep = [item for item in items if item.nodeid in _state.only]
    drop = [item for item in items if item.nodeid not in _state.only]
    if _state.candidate and not keep:
        os._exit(5)
    if keep and drop:
        config.hook.pytest_deselected(items=drop)
        items[:] = keep


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logstart(nodeid, location):
    if _state is not None:
        _state.slm_outcome = None
        _state.start(nodeid)


@pytest.hookimpl(tryfirst=True)
def pytest_exception_interact(node, call, report):
    if _state is not None and _state.tracing and call.excinfo is not None:
        try:
            _state.failure(call.excinfo.value, call.excinfo.tb)
        except Exception:
            pass


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report):
    if _state is None:
        return
    before = getattr(_state, "slm_outcome", None)
    outcome = report.outcome
    if hasattr(report, "wasxfail"):
        outcome = "xfailed" if outcome == "skipped" else "xpassed"
    if report.when == "call" or outcome == "failed" or before is None:
        if before != "failed" and not (outcome == "passed" and report.when != "call"):
            _state.slm_outcome = outcome
    if outcome == "failed" and _state.failfast:
        session = getattr(_state, "slm_session", None)
        if session is not None:
            session.shouldfail = "slm: one failure is enough"


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logfinish(nodeid, location):
    if _state is not None:
        _state.finish(nodeid, getattr(_state, "slm_outcome", None) or "passed")


def pytest_sessionstart(session):
    if _state is not None:
        _state.slm_session = session


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session, exitstatus):
    if _state is not None and _state.candidate:
        # Reports and caches are for people, and what they leave would have to be removed.
        os._exit(int(exitstatus))
