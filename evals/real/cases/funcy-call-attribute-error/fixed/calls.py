"""Decorators whose body sees the call that is being made.

A wrapper written for `decorator` gets a call object: ``call()`` makes the call, and
``call.name`` is the value which the argument `name` of the function would get.
"""

import inspect
from functools import wraps


def decorator(wrapper):
    """Turn `wrapper(call, *options)` into a decorator.

    Without options the decorator is applied directly, otherwise they are given first.
    """
    options = list(inspect.signature(wrapper).parameters.values())[1:]
    if not options:
        return lambda func: _wrapped(wrapper, func, (), {})

    @wraps(wrapper)
    def factory(*args, **kwargs):
        return lambda func: _wrapped(wrapper, func, args, kwargs)

    return factory


def _wrapped(wrapper, func, options, named_options):
    def outer(*args, **kwargs):
        return wrapper(make_call(func, args, kwargs), *options, **named_options)

    try:
        return wraps(func)(outer)
    except AttributeError:
        return outer


def make_call(func, args, kwargs):
    """Return an object for the call of `func` with these arguments."""

    class Call:
        _func = staticmethod(func)
        _args = args
        _kwargs = kwargs

        def __call__(self, *more, **named):
            return func(*(args + more), **{**kwargs, **named})

        def __getattr__(self, name):
            if not inspect.isfunction(func):
                raise TypeError("cannot look for argument %s of a non-function" % name)
            if not self.__dict__:
                self.__dict__.update(inspect.getcallargs(func, *args, **kwargs))
            try:
                return self.__dict__[name]
            except KeyError:
                raise AttributeError("function %s has no argument %s" % (func.__name__, name))

    return Call()


@decorator
def traced(call, write):
    """Write each call before it is made; hide what is in an argument `secret`."""
    shown = ["***" if hasattr(call, "secret") and arg == call.secret else repr(arg) for arg in call._args]
    write("%s(%s)" % (call._func.__name__, ", ".join(shown)))
    return call()


@decorator
def limited(call, maximum):
    """Refuse calls whose argument `count` is too large; functions without one are free."""
    if getattr(call, "count", 0) > maximum:
        raise ValueError("count is greater than %d" % maximum)
    return call()


@decorator
def once(call):
    """Make the first call only, and return its result for ever."""
    store = call._func.__dict__
    if "_result" not in store:
        store["_result"] = call()
    return store["_result"]


@decorator
def retry(call, tries, errors=Exception):
    for attempt in range(tries):
        try:
            return call()
        except errors:
            if attempt + 1 == tries:
                raise
