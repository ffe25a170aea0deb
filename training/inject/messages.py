"""Error messages as Python 3.11 to 3.13 and common test tools print them."""

import ast
import random


def name_error(name, known=()):
    near = [k for k in known if k != name and k[:2] == name[:2] and abs(len(k) - len(name)) < 2]
    hint = f". Did you mean: '{near[0]}'?" if len(near) == 1 else ""
    return f"NameError: name '{name}' is not defined{hint}"


def unbound(name):
    return f"UnboundLocalError: cannot access local variable '{name}' where it is not associated with a value"


def no_attribute(owner, name, hint=None):
    tail = f". Did you mean: '{hint}'?" if hint else ""
    return f"AttributeError: '{owner}' object has no attribute '{name}'{tail}"


def missing_argument(callee, name):
    return f"TypeError: {callee}() missing 1 required positional argument: '{name}'"


def type_name(text, rng):
    """A plausible type name for what an expression's text holds."""
    stem = text.rsplit(".", 1)[-1].strip("_()")
    if text == "self" or not stem.isidentifier():
        return rng.choice(["str", "list", "dict", "int", "NoneType", "tuple"])
    if rng.random() < 0.4:
        return rng.choice(["NoneType", "str", "list", "dict", "int"])
    return "".join(part.capitalize() for part in stem.split("_")) or "object"


def wrong_result(unit, rng: random.Random):
    """The message of a test that found another result than it wanted; half of them with values."""
    draw = rng.random()
    if draw < 0.30:
        return ""
    if draw < 0.42:
        return "AssertionError"
    if draw < 0.55:
        return other_error(unit, rng)
    got, wanted = pair(unit, rng)
    call = unit.name.rsplit(".", 1)[-1]
    form = rng.choice(
        [
            "assert {g} == {w}",
            "assert {g} == {w}",
            "{g} != {w}",
            "{g} != {w}",
            "assert {c}() == {w}",
            "False is not true",
            "assert False",
            "Lists differ: [{g}] != [{w}]",
            "assert not {g}",
        ]
    )
    if form.startswith("assert {c}") and not call:
        form = "{g} != {w}"
    return "AssertionError: " + form.format(g=got, w=wanted, c=call)


def pair(unit, rng):
    """Two unlike values, as a test would show them."""
    strings = sorted({n.value for n in unit.of(ast.Constant) if isinstance(n.value, str) and 0 < len(n.value) < 20})
    kind = rng.randrange(5)
    if kind == 0 and strings:
        value = rng.choice(strings)
        return repr(value), repr(value + rng.choice([" ", "s", "\n", "x"]) if rng.random() < 0.5 else value[:-1])
    if kind == 1:
        return tuple(rng.sample(["True", "False", "None", "0", "1", "''"], 2))
    if kind == 2:
        items = [str(rng.randrange(9)) for _ in range(rng.randrange(1, 5))]
        other = items[:-1] if rng.random() < 0.5 else [*items, str(rng.randrange(9))]
        return f"[{', '.join(items)}]", f"[{', '.join(other)}]"
    value = rng.choice([rng.randrange(10), rng.randrange(200)])
    return str(value), str(value + rng.choice([-1, 1, 1, 2, 10]))


def other_error(unit, rng):
    """An error that a wrong value often leads to further on."""
    attributes = [n.attr for n in unit.of(ast.Attribute)] or ["name"]
    choices = [
        no_attribute("NoneType", rng.choice(attributes)),
        "TypeError: 'NoneType' object is not iterable",
        "TypeError: 'NoneType' object is not subscriptable",
        "IndexError: list index out of range",
        "KeyError: '%s'" % rng.choice(attributes),
        "ValueError: not enough values to unpack (expected 2, got 1)",
        "TypeError: unsupported operand type(s) for +: 'int' and 'str'",
        "RecursionError: maximum recursion depth exceeded",
    ]
    raised = [n.exc for n in unit.of(ast.Raise) if isinstance(n.exc, ast.Call) and isinstance(n.exc.func, ast.Name)]
    if raised and rng.random() < 0.6:
        call = rng.choice(raised)
        first = call.args[0] if call.args else None
        text = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
        return f"{call.func.id}: {text}" if text else call.func.id
    return rng.choice(choices)
