"""Bug classes about constants, strings, keys, indices and defaults."""

import ast
import re

from . import messages
from .table import bug
from .unit import Mutation


def integers(unit):
    for node in unit.of(ast.Constant):
        if type(node.value) is int and unit.source(node).isdigit():
            yield node


def strings(unit):
    """Ordinary one-line string constants and the span of what stands between their quotes."""
    for node in unit.of(ast.Constant):
        if isinstance(node.value, str) and node.lineno == node.end_lineno and len(node.value) < 80:
            found = re.fullmatch(r"([rRuU]?)(['\"])(.*)\2", unit.source(node), re.S)
            if found and found.group(2) not in found.group(3):
                begin = unit.span(node)[0] + found.start(3)
                yield node, begin, begin + len(found.group(3)), found.group(3)


@bug(3)
def integer_off_by_one(unit, rng):
    for node in integers(unit):
        yield Mutation(((*unit.span(node), str(max(0, node.value + rng.choice([-1, 1])))),))


@bug(2)
def integer_replaced(unit, rng):
    for node in integers(unit):
        others = [v for v in (0, 1, 2, 10, -1, node.value * 10, node.value * 2) if v != node.value]
        yield Mutation(((*unit.span(node), str(rng.choice(others))),))


@bug(2.5)
def boolean_flipped(unit, rng):
    for node in unit.of(ast.Constant):
        if node.value is True or node.value is False:
            yield Mutation(((*unit.span(node), str(not node.value)),))


@bug(1.5)
def none_replaced(unit, rng):
    """A None that is assigned, passed or returned becomes another empty value, and the other way round."""
    for node in unit.of(ast.Constant, ast.List, ast.Dict):
        parent = unit.parents[node]
        if not isinstance(parent, (ast.Assign, ast.Return, ast.Call, ast.keyword, ast.arguments)):
            continue
        text = unit.source(node)
        if text in ("None", "[]", "{}", "''", '""', "0", "False"):
            others = [t for t in ("None", "[]", "{}", "''", "False", "0") if t != text]
            yield Mutation(((*unit.span(node), rng.choice(others) if text == "None" else "None"),))


@bug(5)
def string_changed(unit, rng):
    for _, begin, end, text in strings(unit):
        new = spoiled(text, rng)
        if new is not None and new != text:
            yield Mutation(((begin, end, new),))


def spoiled(text, rng):
    """A string that differs a little: a character, a blank, the case, or one mark of punctuation."""
    if "\\" in text or not text:
        return None
    at = rng.randrange(len(text))
    options = [text[:at] + text[at + 1 :], text[:at] + text[at] + text[at:]]
    if len(text) > 1:
        options += [text + " ", " " + text, text[:-1], text[1:]]
    if text != text.lower():
        options += [text.lower()]
    elif text.isalpha():
        options += [text.upper(), text.capitalize(), text + "s"]
    for old, new in (
        (" ", ""),
        ("_", "-"),
        ("-", "_"),
        (",", ";"),
        (".", ","),
        ("/", ""),
        (":", ""),
        ("%s", "%d"),
        ("\n", ""),
    ):
        if old in text:
            options += [text.replace(old, new, 1)] * 2
    return rng.choice(options)


@bug(2)
def string_replaced(unit, rng):
    """A key or mode becomes another short string of the file."""
    words = sorted(s for s in unit.facts.strings if re.fullmatch(r"[\w.-]+", s))
    for _, begin, end, text in strings(unit):
        near = [w for w in words if w != text and w[:1] == text[:1]] or words
        if re.fullmatch(r"[\w.-]+", text) and near:
            new = rng.choice(near)
            if new != text:
                yield Mutation(((begin, end, new),))


@bug(2)
def key_wrong(unit, rng):
    for node in unit.of(ast.Subscript):
        key = node.slice
        if (
            isinstance(key, ast.Constant)
            and isinstance(key.value, str)
            and len(key.value) > 2
            and key.value.isidentifier()
        ):
            begin, end = unit.span(key)
            new = spoiled(key.value, rng)
            if new and unit.text[begin] in "'\"" and end - begin == len(key.value) + 2:
                error = f"KeyError: '{new}'" if isinstance(node.ctx, ast.Load) else None
                yield Mutation(((begin + 1, end - 1, new),), error)


@bug(3)
def get_for_index(unit, rng):
    """`d.get(k)` becomes `d[k]`."""
    for node in unit.of(ast.Call):
        if (
            isinstance(node.func, ast.Attribute)
            and node.func.attr == "get"
            and 1 <= len(node.args) <= 2
            and not node.keywords
        ):
            key = node.args[0]
            shown = key.value if isinstance(key, ast.Constant) else rng.choice(["name", "x", "id", "a", 0])
            new = f"{unit.source(node.func.value)}[{unit.source(key)}]"
            yield Mutation(((*unit.span(node), new),), f"KeyError: {shown!r}")


@bug(1)
def index_for_get(unit, rng):
    """`d[k]` becomes `d.get(k)`."""
    for node in unit.of(ast.Subscript):
        if (
            isinstance(node.ctx, ast.Load)
            and isinstance(node.slice, ast.Constant)
            and isinstance(node.slice.value, str)
        ):
            yield Mutation(((*unit.span(node), f"{unit.source(node.value)}.get({unit.source(node.slice)})"),))


@bug(2.5)
def index_off_by_one(unit, rng):
    for node in unit.of(ast.Subscript):
        if unit.in_annotation(node) or isinstance(node.slice, (ast.Slice, ast.Tuple)):
            continue
        begin, end = unit.span(node.slice)
        text = unit.text[begin:end]
        if isinstance(node.slice, ast.Constant) and type(node.slice.value) is int:
            new = rng.choice([str(node.slice.value + 1), str(node.slice.value - 1)])
        elif isinstance(node.slice, (ast.Name, ast.BinOp)) and not isinstance(node.ctx, ast.Store):
            new = re.sub(r" ?[+-] ?1$", "", text) if text[-1:] == "1" else text + rng.choice([" + 1", " - 1"])
        else:
            continue
        if new != text:
            yield Mutation(((begin, end, new),), "IndexError: list index out of range" if rng.random() < 0.4 else None)


@bug(5)
def slice_bounds(unit, rng):
    for node in unit.of(ast.Slice):
        begin, end = unit.span(node)
        for part in (node.lower, node.upper):
            if part is None:
                continue
            place, text = unit.span(part), unit.source(part)
            options = [""] if node.step is None and node.lower is not None and node.upper is not None else []
            if re.fullmatch(r"\d+", text):
                options += [str(int(text) + 1), str(max(0, int(text) - 1)), "-" + text]
            elif re.fullmatch(r"-\d+", text):
                options += [text[1:], f"-{int(text[1:]) + 1}"]
            else:
                options += [text + " + 1", text + " - 1"]
            yield Mutation(((*place, rng.choice(options)),))
        if node.lower is None and node.upper is not None and node.step is None:
            yield Mutation(((begin, end, unit.source(node.upper) + ":"),))


@bug(5)
def range_bounds(unit, rng):
    for node in unit.of(ast.Call):
        if isinstance(node.func, ast.Name) and node.func.id == "range" and node.args:
            last = node.args[min(1, len(node.args) - 1)]
            text = unit.source(last)
            shorter = re.sub(r" ?[+-] ?1$", "", text)
            new = shorter if shorter != text and rng.random() < 0.6 else text + rng.choice([" + 1", " - 1"])
            yield Mutation(
                ((*unit.span(last), new),), "IndexError: list index out of range" if rng.random() < 0.3 else None
            )
            if len(node.args) == 2:
                yield Mutation(((unit.span(node.args[0])[0], unit.span(last)[0], ""),))


@bug(2.5)
def default_wrong(unit, rng):
    """A parameter's default changes; a tuple or None may become a mutable list."""
    if not unit.is_function:
        return
    args = unit.function.args
    for node in [*args.defaults, *(d for d in args.kw_defaults if d is not None)]:
        text = unit.source(node)
        new = {
            "None": rng.choice(["[]", "{}", "False", "0"]),
            "True": "False",
            "False": "True",
            "()": "[]",
            "''": "None",
            '""': "None",
            "0": "1",
            "1": "0",
        }.get(text)
        if new:
            yield Mutation(((*unit.span(node), new),))


@bug(1)
def default_dropped(unit, rng):
    """The last parameter loses its default."""
    if unit.is_function and unit.function.args.defaults and not unit.function.args.posonlyargs:
        args = unit.function.args
        first = args.args[-len(args.defaults)]
        begin, end = unit.span(first)[1], unit.span(args.defaults[0])[1]
        if "#" not in unit.text[begin:end]:
            yield Mutation(((begin, end, ""),), messages.missing_argument(unit.name, first.arg))


@bug(1.5)
def f_prefix_dropped(unit, rng):
    for node in unit.of(ast.JoinedStr):
        begin, _ = unit.span(node)
        if unit.text[begin : begin + 2] in ("f'", 'f"'):
            yield Mutation(((begin, begin + 1, ""),))


@bug(2.5)
def format_arguments_swapped(unit, rng):
    for node in unit.of(ast.BinOp):
        if isinstance(node.op, ast.Mod) and isinstance(node.right, ast.Tuple) and len(node.right.elts) > 1:
            index = rng.randrange(len(node.right.elts) - 1)
            a, b = node.right.elts[index : index + 2]
            yield Mutation(((*unit.span(a), unit.source(b)), (*unit.span(b), unit.source(a))))


@bug(2.5)
def format_argument_dropped(unit, rng):
    for node in unit.of(ast.BinOp):
        if isinstance(node.op, ast.Mod) and isinstance(node.right, ast.Tuple) and len(node.right.elts) > 1:
            begin, end = unit.span(node.right.elts[-2])[1], unit.span(node.right.elts[-1])[1]
            if unit.text[begin:end].count("(") == unit.text[begin:end].count(")"):
                tail = "," if len(node.right.elts) == 2 else ""
                yield Mutation(((begin, end, tail),), "TypeError: not enough arguments for format string")


@bug(1)
def element_dropped(unit, rng):
    """A tuple, list or set display of constants or names loses an element."""
    for node in unit.of(ast.Tuple, ast.List, ast.Set):
        if (
            len(node.elts) > 2
            and isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
            and not unit.in_annotation(node)
        ):
            index = rng.randrange(1, len(node.elts))
            begin, end = unit.span(node.elts[index - 1])[1], unit.span(node.elts[index])[1]
            if unit.text[begin:end].count("(") == unit.text[begin:end].count(")"):
                yield Mutation(((begin, end, ""),))
