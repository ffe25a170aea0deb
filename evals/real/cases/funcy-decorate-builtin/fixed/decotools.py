"""Write decorators as plain functions of the call that is going on.

    @decorator
    def twice(call):
        call()
        return call()

The call can be repeated, extended by further arguments, and asked for the arguments it was made
with: `call.name` is the value of the parameter `name` of the decorated function.
"""

import functools
import inspect

__all__ = ["decorator", "silent", "once_per", "log_calls", "default_on_none"]


def make_call(func, args, kwargs):
    """The call of a function with arguments as an object."""

    def call(*more_args, **more_kwargs):
        return func(*(args + more_args), **{**kwargs, **more_kwargs})

    call._func = func
    call._args = args
    call._kwargs = kwargs

    # Parameters are attributes of the call
    if inspect.isfunction(func):
        call_args = inspect.getcallargs(func, *args, **kwargs)
        for name, value in call_args.items():
            setattr(call, name, value)

    return call


def make_decorator(deco, deco_args=(), deco_kwargs=None):
    deco_kwargs = deco_kwargs or {}

    def decorate(func):
        def wrapper(*args, **kwargs):
            call = make_call(func, args, kwargs)
            return deco(call, *deco_args, **deco_kwargs)

        return functools.wraps(func)(wrapper)

    return decorate


def takes_arguments(deco):
    """Whether a decorator function has parameters besides the call."""
    spec = inspect.getfullargspec(deco)
    return len(spec.args) > 1 or bool(spec.varargs or spec.varkw or spec.kwonlyargs)


def decorator(deco):
    """Turn a function of a call into a decorator.

    When the function has further parameters the decorator is used with arguments for them.
    """
    if takes_arguments(deco):

        def with_arguments(*deco_args, **deco_kwargs):
            return make_decorator(deco, deco_args, deco_kwargs)

        return functools.wraps(deco)(with_arguments)
    return functools.wraps(deco)(make_decorator(deco))


@decorator
def silent(call):
    """Calls that fail give None."""
    try:
        return call()
    except Exception:
        return None


@decorator
def default_on_none(call, value):
    """Calls that give None give the value instead."""
    result = call()
    return value if result is None else result


@decorator
def once_per(call, parameter, seen=None):
    """Calls with a value of the parameter that has been seen before are left out."""
    seen = once_per.seen.setdefault(call._func, set()) if seen is None else seen
    value = getattr(call, parameter)
    if value in seen:
        return None
    seen.add(value)
    return call()


once_per.seen = {}


@decorator
def log_calls(call, write, results=True):
    """Each call is written down, and what it returned."""
    shown = [repr(arg) for arg in call._args]
    shown.extend(f"{name}={value!r}" for name, value in call._kwargs.items())
    line = f"{display_name(call._func)}({', '.join(shown)})"
    result = call()
    write(f"{line} -> {result!r}" if results else line)
    return result


def display_name(func):
    return getattr(func, "__name__", None) or type(func).__name__
