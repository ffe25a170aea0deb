"""Injected by slm into the Python processes of a checked command, through PYTHONPATH.

Records what the command's own output does not say: the outcome of each test, the lines each test
executed, the values at the failing frame, where a hanging program hangs. Writes JSON lines into
the side directory, never prints, and must never change what the program does: every entry point
swallows its own errors. Runs on Python 3.5 and later, so no newer syntax.
"""
import sys


def _slm_setup():
    import os

    env = os.environ
    side = env.get("SLM_SIDE")
    root = env.get("SLM_ROOT")
    if not side or not root:
        return
    mode = env.get("SLM_MODE", "")
    only = None
    if env.get("SLM_ONLY"):
        try:
            with open(os.path.join(side, env["SLM_ONLY"])) as handle:
                only = set(name for name in handle.read().split("\n") if name) or None
        except OSError:
            only = None
    state = _State(side, os.path.join(os.path.realpath(root), ""), mode, only)
    sys._slm_state = state
    sys.meta_path.insert(0, _Watch(state))
    if env.get("SLM_DUMP_AFTER"):
        try:
            _watch_for_hangs(state, float(env["SLM_DUMP_AFTER"]), float(env["SLM_DUMP_LAST"]))
        except (OSError, ValueError, RuntimeError, KeyError):
            pass
    if "trace" in mode:
        state.start_tracing()
    if env.pop("SLM_SERVE", None):
        import slm_server

        slm_server.start(state)


def _watch_for_hangs(state, every, last):
    """Writes the stack now and then, while the program computes, and once more at the end.

    A timer of processor time disturbs nothing and stops at whole instructions. faulthandler reads
    the stacks of a running program, which may crash it: so only shortly before it would be killed.
    """
    import faulthandler
    import os
    import signal

    dump = open(os.path.join(state.side, "stacks.txt"), "a")
    state.keep.append(dump)
    faulthandler.dump_traceback_later(last, file=dump)
    if signal.getsignal(signal.SIGVTALRM) is not signal.SIG_DFL:
        return

    def on_tick(number, frame):
        lines = ["Current thread 0x0 (most recent call first):"]
        while frame is not None and len(lines) < 100:
            code = frame.f_code
            lines.append('  File "%s", line %d in %s' % (
                code.co_filename, frame.f_lineno or 0, code.co_name))
            frame = frame.f_back
        try:
            os.write(dump.fileno(), ("\n".join(lines) + "\n\n").encode("utf-8", "replace"))
        except (OSError, ValueError):
            pass

    signal.signal(signal.SIGVTALRM, on_tick)
    signal.setitimer(signal.ITIMER_VIRTUAL, every, every)


class _State(object):
    """What is shared by the hooks of one process."""

    def __init__(self, side, root, mode, only):
        self.side = side
        self.root = root
        self.only = only
        self.failfast = "failfast" in mode
        self.tracing = "trace" in mode
        self.test = None
        self.lines = {}
        self.names = {}
        self.keep = []
        self.reported = False
        # Set in the processes of the check server: see slm_server.py.
        self.server = None
        self.candidate = False
        # Under pytest, unittest's own results are what a test of the project plays with.
        self.pytest = False

    def write(self, name, record):
        import json
        import os

        try:
            data = (json.dumps(record) + "\n").encode("utf-8", "replace")
            path = os.path.join(self.side, name)
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                os.write(fd, data)
            finally:
                os.close(fd)
        except (OSError, ValueError, TypeError):
            pass

    # -- tests ---------------------------------------------------------------------------------

    def start(self, test):
        if self.tracing:
            self.flush("import")
        self.test = test
        self.write("outcomes.jsonl", {"start": test})

    def finish(self, test, outcome):
        self.write("outcomes.jsonl", {"id": test, "outcome": outcome})
        if self.tracing:
            self.flush(outcome)
        self.test = None

    def at_tests(self):
        """The tests are known and none has run: the check server's last stop."""
        if self.server is not None and not self.candidate:
            self.server.at_tests()

    def failed(self, test):
        """In a candidate the first failure is the verdict: nobody reads the report."""
        import os

        self.finish(test, "failed")
        os._exit(1)

    # -- lines ---------------------------------------------------------------------------------

    def start_tracing(self):
        import atexit
        import threading

        atexit.register(self.at_exit)
        previous = sys.excepthook

        def hook(kind, value, trace):
            try:
                self.failure(value, trace)
                self.flush("failed")
            except Exception:
                pass
            previous(kind, value, trace)

        sys.excepthook = hook
        threading.settrace(self.on_call)
        sys.settrace(self.on_call)
        watch = threading.Thread(target=self.watchdog)
        watch.daemon = True
        watch.start()

    def watchdog(self):
        """Saves, again and again, what a test that may hang has executed so far."""
        import os
        import time

        sys.settrace(None)
        try:
            pause = float(os.environ.get("SLM_FLUSH_AFTER", "1"))
            while True:
                before = self.test
                time.sleep(pause)
                if before == self.test:
                    lines = dict((name, set(seen)) for name, seen in list(self.lines.items()))
                    self.emit(lines, "hung")
        except Exception:
            pass

    def at_exit(self):
        sys.settrace(None)
        self.flush("exit")

    def flush(self, outcome):
        lines, self.lines = self.lines, {}
        # Local trace functions hold the old sets: restart those of live frames lazily.
        self.emit(lines, outcome)

    def emit(self, lines, outcome):
        import os

        if lines:
            table = dict((name, sorted(seen)) for name, seen in lines.items() if seen)
            self.write("trace.jsonl", {
                "test": self.test, "outcome": outcome, "lines": table,
                # Which process a test ran, and which ran the test.
                "pid": os.getpid(), "parent": getattr(os, "getppid", int)(),
            })

    def short(self, filename):
        """The path below the root, or None for files that are not the project's."""
        known = self.names.get(filename, 0)
        if known != 0:
            return known
        import os

        short = None
        if filename.startswith("<"):
            self.names[filename] = None
            return None
        try:
            real = os.path.realpath(filename)
            if real.startswith(self.root):
                short = real[len(self.root):].replace(os.sep, "/")
                parts = short.split("/")
                if "site-packages" in parts or "dist-packages" in parts or "node_modules" in parts:
                    short = None
        except (OSError, ValueError):
            short = None
        self.names[filename] = short
        return short

    def on_call(self, frame, event, arg):
        short = self.names.get(frame.f_code.co_filename, 0)
        if short == 0:
            short = self.short(frame.f_code.co_filename)
        if short is None:
            return None
        lines = self.lines
        seen = lines.get(short)
        if seen is None:
            seen = lines[short] = set()
        seen.add(frame.f_lineno)
        return self.on_line

    def on_line(self, frame, event, arg):
        if event == "line":
            lines = self.lines
            short = self.names[frame.f_code.co_filename]
            seen = lines.get(short)
            if seen is None:
                seen = lines[short] = set()
            seen.add(frame.f_lineno)
        return self.on_line

    # -- values --------------------------------------------------------------------------------

    def failure(self, value, trace):
        """Records the project frames of an exception with the values of their locals."""
        if self.reported and self.test is None:
            return
        self.reported = True
        frames = []
        steps = 0
        while trace is not None and steps < 2000:
            steps += 1
            frame = trace.tb_frame
            short = self.short(frame.f_code.co_filename)
            if short is not None:
                frames.append((short, trace.tb_lineno, frame))
            trace = trace.tb_next
        shown = []
        for short, line, frame in frames[-8:]:
            shown.append({
                "path": short,
                "line": line,
                "function": frame.f_code.co_name,
                "locals": self.locals_of(frame),
            })
        self.write("values.jsonl", {
            "test": self.test,
            "exception": type(value).__name__,
            "frames": shown,
        })

    def locals_of(self, frame):
        out = {}
        tracer = sys.gettrace()
        sys.settrace(None)
        try:
            for name, value in list(frame.f_locals.items())[:40]:
                if name.startswith("__") or name.startswith("@"):
                    continue
                entry = {"type": type(value).__name__}
                if type(value) in (int, float, bool, str, bytes, type(None), list, tuple, dict, set):
                    try:
                        size = len(value) if hasattr(value, "__len__") else 0
                        text = repr(value) if size <= 200 else "..."
                        entry["repr"] = text if len(text) <= 200 else text[:197] + "..."
                    except Exception:
                        pass
                else:
                    try:
                        entry["attributes"] = sorted(
                            n for n in list(vars(value)) if not n.startswith("__")
                        )[:60]
                    except Exception:
                        pass
                out[name] = entry
        finally:
            sys.settrace(tracer)
        return out


class _Watch(object):
    """Patches unittest's result class when, and only if, the program imports it."""

    def __init__(self, state):
        self.state = state

    def find_spec(self, name, path=None, target=None):
        if name not in ("unittest.result", "unittest.case"):
            return None
        for finder in sys.meta_path:
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None and spec.loader is not None:
                run, state = spec.loader.exec_module, self.state
                patch = _patch_result if name == "unittest.result" else _patch_case

                def exec_module(module):
                    run(module)
                    try:
                        patch(module, state)
                    except Exception:
                        pass

                try:
                    spec.loader.exec_module = exec_module
                except AttributeError:
                    pass
                return spec
        return None


def _patch_result(module, state):
    result = module.TestResult

    def test_id(test):
        try:
            return test.id()
        except Exception:
            return None

    def wanted(test):
        name = test_id(test)
        # A module that could not be imported is no test: it vanishes when it is repaired.
        return name if name and not name.startswith("unittest.loader._FailedTest") else None

    def wrap(method, before):
        original = getattr(result, method, None)
        if original is None:
            return

        def wrapped(self, *args, **kwargs):
            try:
                before(self, *args)
            except Exception:
                pass
            return original(self, *args, **kwargs)

        wrapped.__name__ = method
        setattr(result, method, wrapped)

    def on_start(self, test):
        if not state.pytest:
            state.at_tests()
        if state.failfast:
            self.failfast = True
        self._slm_outcome = "passed"
        name = wanted(test)
        if name:
            state.start(name)

    def on_stop(self, test):
        name = wanted(test)
        if name:
            state.finish(name, getattr(self, "_slm_outcome", "passed"))

    def set_outcome(outcome):
        def setter(self, test=None, *rest):
            self._slm_outcome = outcome
            if outcome == "failed" and state.candidate and not state.pytest:
                state.failed(test_id(test))
            if rest and isinstance(rest[0], tuple) and state.tracing:
                state.failure(rest[0][1], rest[0][2])
        return setter

    def on_subtest(self, test, subtest, err):
        if err is not None:
            self._slm_outcome = "failed"
            if state.candidate and not state.pytest:
                state.failed(test_id(test))
            if state.tracing:
                state.failure(err[1], err[2])

    wrap("startTest", on_start)
    wrap("stopTest", on_stop)
    wrap("addError", set_outcome("failed"))
    wrap("addFailure", set_outcome("failed"))
    wrap("addSkip", set_outcome("skipped"))
    wrap("addExpectedFailure", set_outcome("xfailed"))
    wrap("addUnexpectedSuccess", set_outcome("failed"))
    wrap("addSubTest", on_subtest)


def _patch_case(module, state):
    if state.only is None:
        return
    original = module.TestCase.run

    def run(self, result=None):
        if type(result).__module__.startswith("_pytest"):
            return original(self, result)
        name = self.id()
        if name in state.only or name.startswith("unittest.loader._FailedTest"):
            return original(self, result)
        return result

    module.TestCase.run = run


def _slm_chain():
    """Runs the sitecustomize that this one hides, if there is one."""
    import os

    here = os.path.dirname(os.path.abspath(__file__))
    for entry in sys.path:
        if os.path.abspath(entry or ".") == here:
            continue
        path = os.path.join(entry, "sitecustomize.py")
        if os.path.isfile(path):
            import importlib.util

            spec = importlib.util.spec_from_file_location("sitecustomize", path)
            module = importlib.util.module_from_spec(spec)
            sys.modules["sitecustomize"] = module
            spec.loader.exec_module(module)
            return


try:
    _slm_setup()
except Exception:
    pass
_slm_chain()
