"""Bug classes about statements: guards, returns, order, nesting."""

import ast
import re

from . import messages
from .table import bug
from .unit import Mutation

LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break)


@bug(5)
def statement_deleted(unit, rng):
    for node in unit.statements():
        simple = isinstance(node, (ast.Assign, ast.AugAssign, ast.Expr, ast.AnnAssign, ast.Delete, ast.Assert))
        if simple and node.end_lineno - node.lineno < 4 and len(unit.siblings(node)) > 1:
            error = None
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                name = node.targets[0].id
                earlier = [n for n in unit.of(ast.Name) if n.id == name and n.lineno < node.lineno]
                if not earlier and name not in unit.parameters():
                    error = messages.name_error(name) if rng.random() < 0.7 else messages.unbound(name)
            yield Mutation(((*unit.rows(node), ""),), error, following_line(unit, node, error))


def following_line(unit, node, error):
    """The line, after the deletion, of the first read of what the statement bound."""
    if error is None:
        return None
    name = node.targets[0].id
    gone = node.end_lineno - node.lineno + 1
    return next((n.lineno - gone for n in unit.reads() if n.id == name and n.lineno > node.end_lineno), None)


@bug(9)
def guard_deleted(unit, rng):
    """An `if` that only leaves, or that only sets something, goes away."""
    errors = [
        "TypeError: 'NoneType' object is not subscriptable",
        "TypeError: 'NoneType' object is not iterable",
        messages.no_attribute("NoneType", "name"),
        "IndexError: list index out of range",
        "ZeroDivisionError: division by zero",
        "AssertionError: ValueError not raised",
        "Failed: DID NOT RAISE <class 'ValueError'>",
        "ValueError: max() arg is an empty sequence",
        "RecursionError: maximum recursion depth exceeded",
    ]
    for node in unit.of(ast.If):
        rows = unit.rows(node)
        if not rows or node.orelse or node.end_lineno - node.lineno > 4 or len(unit.siblings(node)) < 2:
            continue
        if unit.text[rows[0] : rows[1]].lstrip().startswith("elif"):
            continue
        if isinstance(node.body[-1], LEAVES) or len(node.body) == 1:
            yield Mutation(((*rows, ""),), rng.choice(errors) if rng.random() < 0.35 else None)


@bug(4)
def condition_unwrapped(unit, rng):
    """`if c: body` becomes `body`."""
    for node in unit.of(ast.If, ast.With):
        rows = unit.rows(node)
        if (
            not rows
            or getattr(node, "orelse", None)
            or node.end_lineno - node.lineno > 6
            or node.body[0].lineno == node.lineno
        ):
            continue
        if not unit.text[rows[0] : rows[1]].lstrip().startswith(("if", "with")):
            continue
        begin, end = unit.starts[node.body[0].lineno - 1], rows[1]
        step = node.body[0].col_offset - node.col_offset
        yield Mutation(((rows[0], end, shifted(unit.text[begin:end], -step)),))


def shifted(text, by):
    """Lines moved by `by` columns."""
    if by >= 0:
        return re.sub(r"(?m)^(?=.)", " " * by, text)
    return re.sub(rf"(?m)^[ \t]{{1,{-by}}}", "", text)


@bug(2)
def try_unwrapped(unit, rng):
    for node in unit.of(ast.Try):
        rows = unit.rows(node)
        if not rows or node.orelse or node.finalbody or node.end_lineno - node.lineno > 8:
            continue
        begin, end = unit.starts[node.body[0].lineno - 1], unit.starts[node.body[-1].end_lineno]
        step = node.body[0].col_offset - node.col_offset
        kind = node.handlers[0].type
        error = unit.source(kind) if isinstance(kind, (ast.Name, ast.Attribute)) else "ValueError"
        yield Mutation(((*rows, shifted(unit.text[begin:end], -step)),), error)


@bug(2)
def return_dropped(unit, rng):
    """`return x` becomes `x`."""
    for node in unit.of(ast.Return):
        if node.value is not None:
            begin = unit.span(node)[0]
            error = rng.choice(
                [
                    None,
                    "TypeError: 'NoneType' object is not iterable",
                    messages.no_attribute("NoneType", "name"),
                    "AssertionError: assert None == 1",
                    "AssertionError: None is not true",
                ]
            )
            yield Mutation(((begin, unit.span(node.value)[0], ""),), error)


@bug(1.5)
def return_deleted(unit, rng):
    """The last return of a function, or an early one, goes away with its line."""
    for node in unit.of(ast.Return):
        rows = unit.rows(node)
        if rows and len(unit.siblings(node)) > 1 and node.end_lineno - node.lineno < 4:
            yield Mutation(
                ((*rows, ""),),
                rng.choice([None, "AssertionError: assert None == 'a'", messages.no_attribute("NoneType", "get")]),
            )


@bug(1.5)
def return_value(unit, rng):
    names = [n for n in unit.variables() if n not in ("self", "cls")]
    for node in unit.of(ast.Return):
        if node.value is not None:
            others = [n for n in [*names, "None", "True", "False", "self", "[]"] if n != unit.source(node.value)]
            if isinstance(node.value, (ast.Name, ast.Constant, ast.Attribute)) and others:
                yield Mutation(((*unit.span(node.value), rng.choice(others)),))


@bug(2)
def statements_swapped(unit, rng):
    for node in unit.statements():
        body = unit.siblings(node)
        at = body.index(node) if node in body else 0
        if at and isinstance(node, ast.stmt) and node.end_lineno - node.lineno < 3:
            other = body[at - 1]
            rows, above = unit.rows(node), unit.rows(other)
            simple = (ast.Assign, ast.Expr, ast.AugAssign, ast.If, ast.Return)
            if (
                above
                and above[1] == rows[0]
                and other.end_lineno - other.lineno < 3
                and isinstance(node, simple)
                and isinstance(other, simple)
            ):
                lower, upper = unit.text[slice(*rows)], unit.text[slice(*above)]
                if lower.endswith("\n"):
                    yield Mutation(((above[0], rows[1], lower + upper),))


@bug(3)
def statement_nesting(unit, rng):
    """The last statement of a block moves out of it, or the one after a block moves into it."""
    for node in unit.of(ast.For, ast.While, ast.If, ast.With, ast.Try):
        body = node.body
        if (
            len(body) > 1
            and not getattr(node, "orelse", None)
            and not getattr(node, "handlers", None)
            and unit.rows(body[-1])
        ):
            rows, step = unit.rows(body[-1]), body[-1].col_offset - node.col_offset
            if body[-1].end_lineno - body[-1].lineno < 3 and not isinstance(body[-1], (ast.Break, ast.Continue)):
                yield Mutation(((*rows, shifted(unit.text[slice(*rows)], -step)),))
        siblings = unit.siblings(node)
        at = siblings.index(node) if node in siblings else len(siblings)
        if at + 1 < len(siblings) and unit.rows(siblings[at + 1]):
            following = siblings[at + 1]
            rows, step = unit.rows(following), body[-1].col_offset - node.col_offset
            if following.end_lineno - following.lineno < 3 and step > 0 and body[0].lineno > node.lineno:
                yield Mutation(((*rows, shifted(unit.text[slice(*rows)], step)),))


@bug(4)
def loop_control(unit, rng):
    """break for continue and the reverse, or the statement goes away."""
    for node in unit.of(ast.Break, ast.Continue):
        old = "break" if isinstance(node, ast.Break) else "continue"
        rows = unit.rows(node)
        if rows and len(unit.siblings(node)) > 1 and rng.random() < 0.5:
            yield Mutation(((*rows, ""),))
        else:
            yield Mutation(
                ((*unit.span(node), rng.choice([{"break": "continue", "continue": "break"}[old], "pass", "return"])),)
            )


@bug(1)
def elif_for_if(unit, rng):
    for node in unit.of(ast.If):
        begin = unit.span(node)[0]
        siblings = unit.siblings(node)
        at = siblings.index(node) if node in siblings else 0
        if unit.text.startswith("elif", begin):
            yield Mutation(((begin, begin + 4, "if"),))
        elif at and isinstance(siblings[at - 1], ast.If) and not siblings[at - 1].orelse and unit.rows(node):
            yield Mutation(((begin, begin + 2, "elif"),))


@bug(1)
def else_branch_deleted(unit, rng):
    for node in unit.of(ast.If):
        last = node.orelse[-1] if node.orelse else None
        if last is None or isinstance(node.orelse[0], ast.If) or last.end_lineno - node.orelse[0].lineno > 4:
            continue
        begin, end = unit.starts[node.body[-1].end_lineno], unit.starts[last.end_lineno]
        if unit.text[begin:end].strip().startswith("else:"):
            yield Mutation(((begin, min(end, len(unit.text)), ""),))


@bug(1)
def decorator_dropped(unit, rng):
    """@property, @staticmethod and @classmethod are the ones whose lack breaks callers."""
    if unit.is_function:
        for node in unit.function.decorator_list:
            name = unit.source(node)
            errors = {
                "property": "TypeError: 'method' object is not subscriptable",
                "staticmethod": f"TypeError: {unit.name}() takes 1 positional argument but 2 were given",
                "classmethod": messages.missing_argument(unit.name, (unit.parameters() or ["cls"])[-1]),
            }
            if node.lineno == node.end_lineno:
                yield Mutation(((unit.starts[node.lineno - 1], unit.starts[node.lineno], ""),), errors.get(name))


@bug(1.5)
def yield_for_return(unit, rng):
    for node in unit.of(ast.Yield):
        if node.value is not None and isinstance(unit.parents[node], ast.Expr):
            begin = unit.span(node)[0]
            yield Mutation(
                ((begin, begin + 5, "return"),),
                "TypeError: 'int' object is not iterable" if rng.random() < 0.4 else None,
            )


@bug(1.5)
def raise_dropped(unit, rng):
    for node in unit.of(ast.Raise):
        if node.exc is not None:
            name = unit.source(node.exc.func if isinstance(node.exc, ast.Call) else node.exc)
            error = rng.choice([f"AssertionError: {name} not raised", f"Failed: DID NOT RAISE <class '{name}'>"])
            new = rng.choice(["", "return "])
            yield Mutation(((unit.span(node)[0], unit.span(node.exc)[0], new),), error)


@bug(3)
def copy_dropped(unit, rng):
    """`list(x)`, `x[:]`, `dict(x)` and `x.copy()` become `x` in an assignment."""
    for node in unit.of(ast.Assign):
        value = node.value
        if (
            isinstance(value, ast.Call)
            and isinstance(value.func, ast.Name)
            and value.func.id in ("list", "dict", "set")
            and len(value.args) == 1
        ):
            yield Mutation(((*unit.span(value), unit.source(value.args[0])),))
        elif (
            isinstance(value, ast.Call)
            and isinstance(value.func, ast.Attribute)
            and value.func.attr in ("copy", "deepcopy")
        ):
            inner = value.args[0] if value.args else value.func.value
            yield Mutation(((*unit.span(value), unit.source(inner)),))
        elif isinstance(value, ast.Subscript) and unit.source(value).endswith("[:]"):
            yield Mutation(((*unit.span(value), unit.source(value.value)),))
