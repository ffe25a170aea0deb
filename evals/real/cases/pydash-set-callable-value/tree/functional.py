"""Small function helpers."""


def identity(value):
    return value


def constant(value):
    """Return a function that returns `value`, whatever it is called with."""

    def always(*args, **kwargs):
        return value

    return always


def invoke(candidate, *args):
    """Return `candidate` called with `args` if it is callable, else `candidate` itself."""
    return candidate(*args) if callable(candidate) else candidate
