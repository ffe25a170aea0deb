"""Injected by slm into pytest through PYTEST_PLUGINS: outcomes, selection, test boundaries.

See sitecustomize.py beside it. Does nothing when that did not run.
"""
import sys

import pytest

_state = getattr(sys, "_slm_state", None)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(session, config, items):
    if _state is None or _state.only is None:
        return
    keep = [item for item in items if item.nodeid in _state.only]
    drop = [item for item in items if item.nodeid not in _state.only]
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
