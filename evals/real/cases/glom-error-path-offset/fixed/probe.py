"""Deferred access expressions: record `ROOT.users[0].name` now, evaluate it on a value later."""

ATTR = "."
ITEM = "["
CALL = "("


class ProbeError(Exception):
    """Base of everything that evaluation can raise on purpose."""


class ProbeAttributeError(ProbeError, AttributeError):
    pass


class ProbeKeyError(ProbeError, KeyError):
    def __str__(self):
        return ProbeError.__str__(self)


class ProbeIndexError(ProbeError, IndexError):
    pass


class ProbeTypeError(ProbeError, TypeError):
    pass


class Probe:
    """An expression, kept as a flat tuple: the root, then pairs of operation and argument."""

    __slots__ = ("_steps",)

    def __init__(self, steps=("ROOT",)):
        object.__setattr__(self, "_steps", tuple(steps))

    def _then(self, operation, argument):
        return Probe(self._steps + (operation, argument))

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self._then(ATTR, name)

    def __getitem__(self, key):
        return self._then(ITEM, key)

    def __call__(self, *args, **kwargs):
        return self._then(CALL, (args, kwargs))

    def __setattr__(self, name, value):
        raise TypeError("access expressions cannot be assigned to")

    def __eq__(self, other):
        return isinstance(other, Probe) and steps_of(self) == steps_of(other)

    def __hash__(self):
        return hash(repr(self))

    def __repr__(self):
        steps = steps_of(self)
        return steps[0] + format_steps(steps[1:])


ROOT = Probe()


def steps_of(probe):
    return object.__getattribute__(probe, "_steps")


def format_call(args, kwargs):
    shown = [repr(arg) for arg in args]
    shown.extend(f"{name}={value!r}" for name, value in kwargs.items())
    return "(" + ", ".join(shown) + ")"


def format_steps(steps):
    """The expression text of a flat sequence of operations and arguments."""
    parts = []
    i = 0
    while i < len(steps):
        operation, argument = steps[i], steps[i + 1]
        if operation == ATTR:
            parts.append("." + argument)
        elif operation == ITEM:
            parts.append(f"[{argument!r}]")
        elif operation == CALL:
            parts.append(format_call(*argument))
        else:
            parts.append(f"<{operation} {argument!r}>")
        i += 2
    return "".join(parts)


def resolve(value, target):
    """An argument that is itself an expression stands for what it yields on the target."""
    return evaluate(value, target) if isinstance(value, Probe) else value


def evaluate(probe, target):
    """The value of an access expression on `target`.

    Failures are reported with the expression up to and including the step that failed.
    """
    steps = steps_of(probe)
    current = target
    i = 1
    while i < len(steps):
        operation, argument = steps[i], steps[i + 1]
        if operation == ATTR:
            try:
                current = getattr(current, argument)
            except AttributeError:
                raise ProbeAttributeError(format_steps(steps[1:i + 2])) from None
        elif operation == ITEM:
            try:
                current = current[resolve(argument, target)]
            except KeyError:
                raise ProbeKeyError(format_steps(steps[1:i + 2])) from None
            except IndexError:
                raise ProbeIndexError(format_steps(steps[1:i + 2])) from None
            except TypeError:
                raise ProbeTypeError(format_steps(steps[1:i + 2])) from None
        else:
            args, kwargs = argument
            current = current(
                *[resolve(arg, target) for arg in args],
                **{name: resolve(arg, target) for name, arg in kwargs.items()},
            )
        i += 2
    return current
