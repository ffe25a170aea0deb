"""The table of bug classes: each is a function that yields the places where it can strike in a unit."""

from dataclasses import dataclass
from typing import Callable


@dataclass(frozen=True)
class BugClass:
    """`weight` is relative: how often the class is tried first. `sites(unit, rng)` yields `Mutation`s."""

    name: str
    weight: float
    sites: Callable


CLASSES: dict[str, BugClass] = {}


def bug(weight):
    """Register a generator of mutations as the class of its own name."""

    def register(function):
        CLASSES[function.__name__] = BugClass(function.__name__, weight, function)
        return function

    return register
