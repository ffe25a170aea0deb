"""Puts one bug of a named class into a piece of Python; the inverse is what the model learns."""

import ast
import random
import re
import warnings
from dataclasses import dataclass

from . import calls, messages, names, operators, statements, syntax, unit, values
from .table import CLASSES
from .unit import Facts, Unit, units_of

__all__ = ["CLASSES", "Broken", "Facts", "Unit", "inject", "messages", "unit", "units_of"]
MODULES = (operators, values, names, calls, statements, syntax)
SYNTAX = {name for name, entry in CLASSES.items() if entry.sites.__module__.endswith(".syntax")}
# How the weight of a class falls when it was tried and struck nowhere: not at all, the next is drawn.
TRIES = 8


@dataclass(frozen=True)
class Broken:
    """A unit with a bug: the text, the class, the error message and the line that fails (from 1) or None."""

    text: str
    kind: str
    error: str
    line: int | None


def inject(piece: Unit, rng: random.Random, kind: str | None = None) -> Broken | None:
    """A bug of class `kind`, or of one drawn by weight among those that strike in the unit."""
    classes = [CLASSES[kind]] if kind else draw(rng)
    for entry in classes:
        sites = [site for site in entry.sites(piece, rng) if site is not None]
        rng.shuffle(sites)
        for mutation in sites[:TRIES]:
            broken = finish(piece, entry.name, mutation, rng)
            if broken:
                return broken
    return None


def draw(rng):
    """Classes in a random order in which heavy ones tend to come first."""
    return sorted(CLASSES.values(), key=lambda entry: rng.expovariate(entry.weight))


def finish(piece, kind, mutation, rng):
    """Apply a mutation; None where it changes nothing or does not break in the way its class says."""
    text = mutation.apply(piece.text)
    text = "\n".join(line.rstrip() for line in text.split("\n"))
    if text == piece.text or not text.strip():
        return None
    error = compile_error(text)
    if (error is not None) != (kind in SYNTAX):
        return None
    if error:
        return Broken(text, kind, *error)
    if ast.dump(ast.parse(text)) == ast.dump(piece.tree):
        return None
    if mutation.error is None:
        return Broken(text, kind, messages.wrong_result(piece, rng), None)
    line = mutation.line or piece.line_at(min(begin for begin, _, _ in mutation.edits))
    return Broken(text, kind, mutation.error, min(line, text.count("\n") + 1))


def compile_error(text):
    """What the compiler says of a text: (message, line), or None where it compiles.

    A piece cut out of its file may hold a `return` or an `await` outside of a function: it is only parsed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError as error:
        words = re.sub(r" \(<unknown>, line \d+\)$", "", str(error.msg))
        return f"{type(error).__name__}: {words}", error.lineno or 1
    except (ValueError, RecursionError) as error:
        return f"{type(error).__name__}: {error}", 1
    return None
