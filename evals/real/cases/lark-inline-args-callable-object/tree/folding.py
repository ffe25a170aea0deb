"""Fold parse trees from the leaves up.

A folder has a method for each label; it is called with the list of the children's results.
"""

import functools
import math
import operator
import types

from trees import Tree, read


def spread(f):
    """Make a method for a folder of `f`, which takes the children as separate arguments.

    A function takes the folder before them, classes and built-in functions take the children
    only. A method of some other folder is bound to the folder at work.
    """
    if isinstance(f, types.FunctionType):
        @functools.wraps(f)
        def function(self, children):
            return f(self, *children)
        return function
    elif isinstance(f, (type, types.BuiltinFunctionType)):
        @functools.wraps(f)
        def builtin(_self, children):
            return f(*children)
        return builtin
    else:
        @functools.wraps(f)
        def method(self, children):
            return f.__func__(self, *children)
        return method


class Folder:
    """Base of folders; labels without a method give a tree of the children's results."""

    def fold(self, tree):
        results = [self.fold(child) if isinstance(child, Tree) else child for child in tree.children]
        method = getattr(self, tree.label, None)
        if method is None:
            return Tree(tree.label, results)
        return method(results)


class Rounding:
    """A number maker that keeps some places only."""

    def __init__(self, places):
        self.places = places

    def __call__(self, text):
        return round(float(text), self.places)


class Calculator(Folder):
    """Computes the value of an expression."""

    FUNCTIONS = {"sqrt": math.sqrt, "max": max, "min": min}

    def __init__(self, names=None):
        self.names = dict(names or {})

    number = spread(float)
    add = spread(operator.add)
    sub = spread(operator.sub)
    mul = spread(operator.mul)
    div = spread(operator.truediv)
    neg = spread(operator.neg)

    @spread
    def name(self, name):
        return self.names[name]

    @spread
    def call(self, name, *arguments):
        return self.FUNCTIONS[name](*arguments)

    def value(self, text):
        return self.fold(read(text))


class CoarseCalculator(Calculator):
    """Reads numbers with one place after the point."""

    number = spread(Rounding(1))


class Printer(Folder):
    """Writes an expression with every bracket."""

    number = name = spread(str)
    neg = spread("-{}".format)

    @spread
    def add(self, left, right):
        return f"({left} + {right})"

    @spread
    def mul(self, left, right):
        return f"({left} * {right})"
