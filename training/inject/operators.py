"""Bug classes about operators and conditions."""

import ast

from .table import bug
from .unit import Mutation

COMPARE = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Is: "is",
    ast.IsNot: "is not",
}
BOUNDARY = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
OTHER = {
    "<": [">", "<", "=="],
    "<=": [">=", "=="],
    ">": ["<"],
    ">=": ["<="],
    "==": ["!=", "is", "in", ">="],
    "!=": ["==", "is not"],
    "in": ["not in", "=="],
    "not in": ["in"],
    "is": ["is not", "=="],
    "is not": ["is", "!="],
}
ARITHMETIC = {
    ast.Add: ("+", ["-", "*"]),
    ast.Sub: ("-", ["+"]),
    ast.Mult: ("*", ["/", "+", "**"]),
    ast.Div: ("/", ["*", "//"]),
    ast.FloorDiv: ("//", ["/", "%"]),
    ast.Mod: ("%", ["//", "+"]),
    ast.BitAnd: ("&", ["|"]),
    ast.BitOr: ("|", ["&"]),
    ast.LShift: ("<<", [">>"]),
    ast.RShift: (">>", ["<<"]),
    ast.Pow: ("**", ["*"]),
}


def conditions(unit):
    """Tests of if, while, conditional expressions, comprehensions and assertions."""
    for node in unit.of(ast.If, ast.While, ast.IfExp, ast.Assert):
        yield node.test
    for node in unit.of(ast.comprehension):
        yield from node.ifs


def comparisons(unit):
    for node in unit.of(ast.Compare):
        left = node.left
        for op, right in zip(node.ops, node.comparators):
            token = COMPARE[type(op)]
            place = unit.between(left, right, token)
            if place:
                yield token, place
            left = right


@bug(6)
def comparison_boundary(unit, rng):
    for token, place in comparisons(unit):
        if token in BOUNDARY:
            yield Mutation(((*place, BOUNDARY[token]),))


@bug(7)
def comparison_operator(unit, rng):
    for token, place in comparisons(unit):
        new = rng.choice(OTHER[token])
        if new != token:
            yield Mutation(((*place, new),))


@bug(5)
def boolean_operator(unit, rng):
    for node in unit.of(ast.BoolOp):
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        index = rng.randrange(len(node.values) - 1)
        place = unit.between(node.values[index], node.values[index + 1], old)
        if place:
            yield Mutation(((*place, new),))


@bug(4)
def operand_dropped(unit, rng):
    """`a and b` becomes `a` or `b`."""
    for node in unit.of(ast.BoolOp):
        begin, end = unit.span(node)
        if rng.random() < 0.7:
            yield Mutation(((unit.span(node.values[-2])[1], end, ""),)) if balanced(unit, node, -2, None) else None
        elif balanced(unit, node, None, 1):
            yield Mutation(((begin, unit.span(node.values[1])[0], ""),))


def balanced(unit, node, after, before):
    """Whether what `operand_dropped` takes away holds as many opening as closing brackets."""
    begin, end = unit.span(node)
    text = (
        unit.text[unit.span(node.values[after])[1] : end]
        if after
        else unit.text[begin : unit.span(node.values[before])[0]]
    )
    return text.count("(") == text.count(")") and "#" not in text


@bug(5)
def not_dropped(unit, rng):
    for node in unit.of(ast.UnaryOp):
        if isinstance(node.op, ast.Not):
            yield (
                Mutation(((unit.span(node)[0], unit.span(node.operand)[0], ""),)) if plain_operand(unit, node) else None
            )


def plain_operand(unit, node):
    return unit.text[unit.span(node)[0] : unit.span(node.operand)[0]].strip() == "not"


@bug(3)
def not_added(unit, rng):
    for test in conditions(unit):
        begin, end = unit.span(test)
        if isinstance(test, (ast.Name, ast.Attribute, ast.Call, ast.Subscript)):
            yield Mutation(((begin, begin, "not "),))
        elif isinstance(test, ast.BoolOp):
            first = test.values[0]
            if isinstance(first, (ast.Name, ast.Attribute, ast.Call)):
                yield Mutation(((unit.span(first)[0],) * 2 + ("not ",),))


@bug(3)
def none_test_loosened(unit, rng):
    """`x is not None` becomes `x`, `x is None` becomes `not x`."""
    for node in unit.of(ast.Compare):
        if len(node.ops) == 1 and isinstance(node.comparators[0], ast.Constant) and node.comparators[0].value is None:
            begin, end = unit.span(node)
            left = unit.source(node.left)
            if isinstance(node.ops[0], ast.IsNot):
                yield Mutation(((begin, end, left),))
            elif isinstance(node.ops[0], ast.Is):
                yield Mutation(((begin, end, "not " + left),))


@bug(4)
def arithmetic_operator(unit, rng):
    for node in unit.of(ast.BinOp):
        if type(node.op) not in ARITHMETIC or is_text(node.left):
            continue
        token, others = ARITHMETIC[type(node.op)]
        place = unit.between(node.left, node.right, token)
        if place:
            yield Mutation(((*place, rng.choice(others)),))


def is_text(node):
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)))


@bug(3)
def augmented_operator(unit, rng):
    for node in unit.of(ast.AugAssign):
        token = ARITHMETIC[type(node.op)][0] + "=" if type(node.op) in ARITHMETIC else "?"
        place = unit.between(node.target, node.value, token)
        if place:
            new = rng.choice(["="] + [o + "=" for o in ARITHMETIC[type(node.op)][1]])
            yield Mutation(((*place, new),))


@bug(1)
def assignment_for_augmented(unit, rng):
    """`x = y` becomes `x += y` where x was bound before."""
    for node in unit.of(ast.Assign):
        plain = len(node.targets) == 1 and isinstance(node.targets[0], (ast.Name, ast.Attribute))
        if plain and isinstance(node.value, (ast.Name, ast.Constant, ast.Attribute, ast.BinOp)):
            place = unit.between(node.targets[0], node.value, "=")
            if place:
                yield Mutation(((*place, rng.choice(["+=", "-="])),))


@bug(3)
def parentheses_dropped(unit, rng):
    """`(a + b) * c` loses its parentheses."""
    for node in unit.of(ast.BinOp, ast.BoolOp):
        begin, end = unit.span(node)
        parent = unit.parents.get(node)
        wrapped = unit.text[begin - 1 : begin] == "(" and unit.text[end : end + 1] == ")"
        if wrapped and isinstance(parent, (ast.BinOp, ast.BoolOp, ast.UnaryOp, ast.Compare)):
            yield Mutation(((begin - 1, begin, ""), (end, end + 1, "")))


@bug(2)
def branches_swapped(unit, rng):
    """`a if c else b` becomes `b if c else a`."""
    for node in unit.of(ast.IfExp):
        yield Mutation(
            ((*unit.span(node.body), unit.source(node.orelse)), (*unit.span(node.orelse), unit.source(node.body)))
        )
