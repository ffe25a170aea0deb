"""Look up the arguments of a call by the names of the parameters."""

_getters = {}


def original_of(func):
    """Return the innermost function under its decorators."""
    while hasattr(func, "__wrapped__"):
        func = func.__wrapped__
    return func


def parameter_names(func):
    """Return the names of the positional parameters."""
    code = original_of(func).__code__
    return code.co_varnames[:code.co_argcount]


def argument_getter(func):
    """Return a function that finds the argument of a name in the arguments of a call."""
    if func in _getters:
        return _getters[func]

    names = parameter_names(func)
    places = {name: place for place, name in enumerate(names)}
    given_defaults = original_of(func).__defaults__
    if given_defaults:
        defaults = {names[-1 - place]: value for place, value in enumerate(given_defaults)}
    else:
        defaults = {}

    def get_argument(name, args, kwargs):
        if name not in places:
            raise TypeError(f"{func.__name__}() has no parameter {name}")
        place = places[name]
        if place < len(args):
            return args[place]
        if name in kwargs:
            return kwargs[name]
        if name in defaults:
            return defaults[name]
        raise TypeError(f"{func.__name__}() is called without {name}")

    _getters[func] = get_argument
    return get_argument
