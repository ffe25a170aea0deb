"""Context managers which tell what a piece of code does.

Each of them works around a block and, as a decorator, around the calls of a function.
What they have to say goes line by line to `write`, for example `print` or a method of a logger.
"""

import time
import traceback
from functools import wraps

MAX_REPR = 25
UNITS = {"s": 1.0, "ms": 1e3, "us": 1e6}


def shorten(value, limit=MAX_REPR):
    text = repr(value)
    return text if len(text) <= limit else text[:limit - 3] + "..."


def signature(func, args, kwargs):
    """Return a call of `func` as one would write it."""
    parts = [shorten(arg) for arg in args]
    parts += [f"{name}={shorten(value)}" for name, value in kwargs.items()]
    name = getattr(func, "__name__", func.__class__.__name__)
    return f"{name}({', '.join(parts)})"


class Labeled:
    """A context manager with a label; as a decorator, the label is the call."""

    def __init__(self, write, label=None):
        self.write = write
        self.label = label

    def __call__(self, func):
        @wraps(func)
        def wrapper(*args, **kwargs):
            label = signature(func, args, kwargs)
            tracer = self.__class__(self.write, label)
            with tracer:
                return func(*args, **kwargs)

        return wrapper

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        return False

    def say(self, message):
        self.write(f"{message} in {self.label}" if self.label else message)


class ErrorLog(Labeled):
    """Writes the errors that leave the block, with their trace unless `stack` is false."""

    def __init__(self, write, label=None, stack=True):
        super().__init__(write, label)
        self.stack = stack

    def __exit__(self, kind, error, trace):
        if kind is not None:
            if self.stack:
                message = "".join(traceback.format_exception(kind, error, trace)).rstrip()
            else:
                message = f"{kind.__name__}: {error}"
            self.say(message)
        return False


class DurationLog(Labeled):
    """Writes how long the block took, if that was at least `threshold` seconds."""

    def __init__(self, write, label=None, unit="ms", threshold=0.0, clock=time.perf_counter):
        if unit not in UNITS:
            raise ValueError(f"unknown unit {unit!r}")
        super().__init__(write, label)
        self.unit = unit
        self.threshold = threshold
        self.clock = clock

    def __enter__(self):
        self.started = self.clock()
        return self

    def __exit__(self, kind, error, trace):
        duration = self.clock() - self.started
        if duration >= self.threshold:
            self.say(f"{duration * UNITS[self.unit]:.2f} {self.unit}")
        return False


class CallLog(Labeled):
    """Writes when the block is entered and left."""

    def __enter__(self):
        self.write(f"enter {self.label}")
        return self

    def __exit__(self, kind, error, trace):
        self.write(f"leave {self.label}" if kind is None else f"{kind.__name__} leaves {self.label}")
        return False
