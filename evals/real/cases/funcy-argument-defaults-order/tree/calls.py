"""Decorators that are written as functions of a call."""

import functools

from signatures import argument_getter


class Call:
    """One call of a decorated function.

    Calling it goes on to the function, with further arguments in front if there are any. The
    arguments can be read as attributes by the names of the function's parameters.
    """

    def __init__(self, func, args, kwargs):
        self._func = func
        self._args = args
        self._kwargs = kwargs

    def __call__(self, *args, **kwargs):
        return self._func(*args, *self._args, **{**self._kwargs, **kwargs})

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            value = argument_getter(self._func)(name, self._args, self._kwargs)
        except TypeError as error:
            raise AttributeError(str(error)) from None
        return value


def decorator(handle):
    """Make a decorator of a function that takes a call, and further parameters of its own.

    Without further parameters it is used as ``@name``, otherwise as ``@name(...)``.
    """

    def apply(func, args, kwargs):
        @functools.wraps(func)
        def wrapper(*call_args, **call_kwargs):
            return handle(Call(func, call_args, call_kwargs), *args, **kwargs)

        return wrapper

    if handle.__code__.co_argcount > 1:
        @functools.wraps(handle)
        def with_parameters(*args, **kwargs):
            return lambda func: apply(func, args, kwargs)

        return with_parameters

    @functools.wraps(handle)
    def plain(func):
        return apply(func, (), {})

    return plain


@decorator
def logged(call, write):
    """Write a line before each call."""
    write(f"calling {call._func.__name__}")
    return call()


@decorator
def require(call, name, check):
    """Refuse calls whose argument of that name fails the check."""
    value = getattr(call, name)
    if not check(value):
        raise ValueError(f"{name} must not be {value!r}")
    return call()


@decorator
def unless(call, name):
    """Skip calls whose argument of that name is true."""
    if getattr(call, name):
        return None
    return call()


def remember_by(*names):
    """Decorator: keep results by some of the arguments."""

    def decorate(func):
        kept = {}

        @functools.wraps(func)
        def wrapper(*args, **kwargs):
            get = argument_getter(func)
            key = tuple(get(name, args, kwargs) for name in names)
            if key not in kept:
                kept[key] = func(*args, **kwargs)
            return kept[key]

        return wrapper

    return decorate
