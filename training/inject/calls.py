"""Bug classes about calls: arguments, conversions, awaiting, parentheses."""

import ast

from . import messages
from .table import bug
from .unit import Mutation

CONVERSIONS = {
    "str",
    "int",
    "float",
    "list",
    "tuple",
    "set",
    "dict",
    "bool",
    "len",
    "abs",
    "sorted",
    "iter",
    "repr",
    "bytes",
    "max",
    "min",
    "sum",
    "enumerate",
    "reversed",
    "super",
    "round",
    "frozenset",
    "isinstance",
    "next",
}
METHODS = {
    "strip",
    "lower",
    "upper",
    "copy",
    "items",
    "split",
    "group",
    "rstrip",
    "lstrip",
    "encode",
    "decode",
    "keys",
    "values",
    "splitlines",
    "read",
    "format",
    "replace",
    "total_seconds",
    "resolve",
    "tolist",
    "sort",
    "get",
}


def callee(node):
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "function")


def clean(text):
    """Whether a stretch between arguments can be cut: no comment, brackets in pairs."""
    return "#" not in text and all(text.count(a) == text.count(b) for a, b in ("()", "[]", "{}"))


@bug(3)
def arguments_swapped(unit, rng):
    for node in unit.of(ast.Call):
        if len(node.args) > 1:
            index = rng.randrange(len(node.args) - 1)
            a, b = node.args[index : index + 2]
            if isinstance(a, ast.Starred) or isinstance(b, ast.Starred) or unit.source(a) == unit.source(b):
                continue
            yield Mutation(((*unit.span(a), unit.source(b)), (*unit.span(b), unit.source(a))))


@bug(4)
def argument_dropped(unit, rng):
    for node in unit.of(ast.Call):
        if not node.args or isinstance(node.args[-1], ast.Starred):
            continue
        index = rng.randrange(len(node.args))
        begin, end = unit.span(node.args[index])
        if index > 0:
            begin = unit.span(node.args[index - 1])[1]
        elif len(node.args) > 1:
            end = unit.span(node.args[1])[0]
        elif node.keywords:
            end = unit.span(node.keywords[0])[0]
        if not clean(unit.text[begin:end]):
            continue
        error = None
        if rng.random() < 0.5:
            error = messages.missing_argument(
                callee(node), rng.choice(["value", "name", unit.source(node.args[index])[:20]])
            )
        yield Mutation(((begin, end, ""),), error)


@bug(4)
def keyword_dropped(unit, rng):
    for node in unit.of(ast.Call):
        if not node.keywords:
            continue
        index = rng.randrange(len(node.keywords))
        begin, end = unit.span(node.keywords[index])
        earlier = [*node.args, *node.keywords[:index]]
        if earlier:
            begin = max(unit.span(other)[1] for other in earlier)
        elif len(node.keywords) > 1:
            end = unit.span(node.keywords[1])[0]
        if clean(unit.text[begin:end]):
            yield Mutation(((begin, end, ""),))


@bug(1)
def keyword_renamed(unit, rng):
    for node in unit.of(ast.keyword):
        if node.arg and len(node.arg) > 3:
            begin = unit.span(node)[0]
            new = rng.choice([node.arg + "s", node.arg[:-1], node.arg.replace("_", "", 1), "is_" + node.arg])
            if new != node.arg:
                error = (
                    f"TypeError: {callee(unit.parents[node])}() got an unexpected keyword argument '{new}'"
                    if isinstance(unit.parents[node], ast.Call)
                    else None
                )
                yield Mutation(((begin, begin + len(node.arg), new),), error)


@bug(1)
def keyword_value_wrong(unit, rng):
    names = [n for n in unit.variables() if n not in ("self", "cls")]
    for node in unit.of(ast.keyword):
        if node.arg and isinstance(node.value, (ast.Name, ast.Attribute)):
            others = [n for n in [*names, "None", "True", "False"] if n != unit.source(node.value)]
            yield Mutation(((*unit.span(node.value), rng.choice(others)),))


@bug(6)
def conversion_dropped(unit, rng):
    """`str(x)` becomes `x`."""
    errors = {
        "str": [
            'TypeError: can only concatenate str (not "int") to str',
            "TypeError: sequence item 0: expected str instance, int found",
        ],
        "int": [
            "TypeError: '<' not supported between instances of 'str' and 'int'",
            "TypeError: 'str' object cannot be interpreted as an integer",
            "TypeError: 'float' object cannot be interpreted as an integer",
        ],
        "len": [
            "TypeError: 'list' object cannot be interpreted as an integer",
            "TypeError: '<' not supported between instances of 'int' and 'list'",
        ],
        "list": [
            "TypeError: 'generator' object is not subscriptable",
            "TypeError: 'dict_keys' object is not subscriptable",
            "RuntimeError: dictionary changed size during iteration",
        ],
        "enumerate": [
            "TypeError: cannot unpack non-iterable int object",
            "ValueError: too many values to unpack (expected 2)",
        ],
        "tuple": ["TypeError: unhashable type: 'list'"],
        "iter": ["TypeError: 'list' object is not an iterator"],
    }
    for node in unit.of(ast.Call):
        if (
            isinstance(node.func, ast.Name)
            and node.func.id in CONVERSIONS
            and len(node.args) == 1
            and not node.keywords
        ):
            if isinstance(node.args[0], (ast.Starred, ast.GeneratorExp)):
                continue
            known = errors.get(node.func.id)
            error = rng.choice(known) if known and rng.random() < 0.7 else None
            yield Mutation(((*unit.span(node), unit.source(node.args[0])),), error)


@bug(3)
def method_call_dropped(unit, rng):
    """`x.strip()` becomes `x`."""
    errors = {
        "items": [
            "ValueError: too many values to unpack (expected 2)",
            "ValueError: not enough values to unpack (expected 2, got 1)",
        ],
        "encode": ["TypeError: a bytes-like object is required, not 'str'"],
        "decode": ["TypeError: cannot use a string pattern on a bytes-like object"],
        "group": ["TypeError: expected string or bytes-like object, got 're.Match'"],
        "split": ["AttributeError: 'str' object has no attribute 'pop'"],
    }
    for node in unit.of(ast.Call):
        if isinstance(node.func, ast.Attribute) and (node.func.attr in METHODS or rng.random() < 0.15):
            if isinstance(unit.parents[node], ast.Expr) or not clean(
                unit.text[unit.span(node.func.value)[1] : unit.span(node)[1]]
            ):
                continue
            known = errors.get(node.func.attr)
            error = rng.choice(known) if known and rng.random() < 0.7 else None
            yield Mutation(((unit.span(node.func.value)[1], unit.span(node)[1], ""),), error)


@bug(2)
def parentheses_of_call_dropped(unit, rng):
    """`x.f()` becomes `x.f`."""
    kinds = ["not iterable", "not subscriptable"]
    for node in unit.of(ast.Call):
        if not node.args and not node.keywords and not isinstance(unit.parents[node], ast.Expr):
            begin, end = unit.span(node.func)[1], unit.span(node)[1]
            if unit.text[begin:end] == "()":
                kind = "method" if isinstance(node.func, ast.Attribute) else "function"
                error = f"TypeError: '{kind}' object is {rng.choice(kinds)}" if rng.random() < 0.4 else None
                yield Mutation(((begin, end, ""),), error)


@bug(1)
def parentheses_added(unit, rng):
    """An attribute or variable is called."""
    for node in unit.of(ast.Attribute):
        parent = unit.parents[node]
        if (
            isinstance(node.ctx, ast.Load)
            and not (isinstance(parent, ast.Call) and parent.func is node)
            and not isinstance(parent, ast.Attribute)
        ):
            kind = rng.choice(["str", "int", "list", "dict", "bool", "NoneType"])
            yield Mutation(((unit.span(node)[1],) * 2 + ("()",),), f"TypeError: '{kind}' object is not callable")


@bug(4)
def await_dropped(unit, rng):
    for node in unit.of(ast.Await):
        name = callee(node.value) if isinstance(node.value, ast.Call) else "f"
        error = rng.choice(
            [
                f"RuntimeWarning: coroutine '{name}' was never awaited",
                messages.no_attribute("coroutine", "get"),
                "TypeError: 'coroutine' object is not iterable",
                "TypeError: 'coroutine' object is not subscriptable",
            ]
        )
        yield Mutation(((unit.span(node)[0], unit.span(node.value)[0], ""),), error)


@bug(2)
def star_dropped(unit, rng):
    """`f(*args)` becomes `f(args)`."""
    for node in unit.of(ast.Starred):
        if isinstance(unit.parents[node], ast.Call):
            begin = unit.span(node)[0]
            yield Mutation(((begin, begin + 1, ""),))
    for node in unit.of(ast.keyword):
        if node.arg is None:
            begin = unit.span(node)[0]
            yield Mutation(((begin, begin + 2, ""),))


@bug(1)
def super_wrong(unit, rng):
    """A call of the base class goes to another method, or is dropped."""
    for node in unit.of(ast.Call):
        inner = node.func.value if isinstance(node.func, ast.Attribute) else None
        if isinstance(inner, ast.Call) and callee(inner) == "super":
            statement = unit.parents[node]
            rows = unit.rows(statement) if isinstance(statement, ast.Expr) else None
            if rows and len(unit.siblings(statement)) > 1:
                yield Mutation(
                    ((*rows, ""),),
                    messages.no_attribute(unit.name.split(".")[0], "name") if rng.random() < 0.4 else None,
                )
            else:
                yield Mutation(((*unit.span(inner), "self"),), "RecursionError: maximum recursion depth exceeded")


@bug(3)
def or_default_dropped(unit, rng):
    """`x or y` becomes `x` in an assignment or an argument."""
    for node in unit.of(ast.BoolOp):
        if (
            isinstance(node.op, ast.Or)
            and len(node.values) == 2
            and isinstance(unit.parents[node], (ast.Assign, ast.Call, ast.Return))
        ):
            begin, end = unit.span(node.values[0])[1], unit.span(node)[1]
            if clean(unit.text[begin:end]):
                yield Mutation(
                    ((begin, end, ""),), "TypeError: 'NoneType' object is not iterable" if rng.random() < 0.3 else None
                )
