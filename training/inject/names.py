"""Bug classes about names: variables, attributes, methods, exceptions."""

import ast
import builtins
import difflib
import re

from . import messages
from .table import bug
from .unit import Mutation, is_plain_name

PAIRS = """min/max any/all sorted/list sorted/reversed startswith/endswith lstrip/rstrip lower/upper append/extend
items/keys items/values keys/values find/rfind find/index split/rsplit split/splitlines index/rindex match/search
match/fullmatch add/update add/remove update/setdefault popleft/pop pop/get isdigit/isalpha isdigit/isalnum
isinstance/issubclass ljust/rjust title/capitalize list/tuple set/list int/float str/repr floor/ceil
partition/rpartition
isfile/exists isdir/exists dirname/basename abspath/realpath encode/decode loads/load dumps/dump read/readline
readline/readlines write/writelines strip/rstrip strip/lstrip setdefault/get getattr/hasattr ceil/round sum/max
discard/remove insert/append union/intersection difference/intersection dict/list start/end first/last left/right
width/height row/column key/value key/name name/path before/after src/dst old/new source/target x/y min/minimum
type/isinstance debug/info warning/error""".split()
TWINS = {}
for _pair in PAIRS:
    _a, _b = _pair.split("/")
    TWINS.setdefault(_a, []).append(_b)
    TWINS.setdefault(_b, []).append(_a)
EXCEPTIONS = {
    "KeyError": ["IndexError", "AttributeError", "ValueError"],
    "ValueError": ["TypeError", "KeyError", "AttributeError"],
    "TypeError": ["ValueError", "AttributeError"],
    "IndexError": ["KeyError", "ValueError"],
    "AttributeError": ["KeyError", "TypeError", "NameError"],
    "ImportError": ["AttributeError", "ModuleNotFoundError"],
    "OSError": ["IOError", "ValueError"],
    "IOError": ["OSError", "ValueError"],
    "StopIteration": ["ValueError", "IndexError"],
    "NotImplementedError": ["NotImplemented", "ValueError"],
    "RuntimeError": ["ValueError", "TypeError"],
    "UnicodeDecodeError": ["UnicodeEncodeError", "ValueError"],
    "FileNotFoundError": ["OSError", "KeyError"],
}
BUILTIN = set(dir(builtins))


def closest(name, others, rng):
    """A name that one may write instead: mostly one that looks alike."""
    near = difflib.get_close_matches(name, others, 3, 0.6)
    return rng.choice(near if near and rng.random() < 0.5 else others)


def attribute_place(unit, node):
    """The span of the name after the dot."""
    end = unit.span(node)[1]
    return end - len(node.attr), end


@bug(8)
def variable_misuse(unit, rng):
    names = unit.variables()
    for node in unit.reads():
        others = [n for n in names if n != node.id and (n not in ("self", "cls") or rng.random() < 0.1)]
        if node.id in names and node.id not in ("self", "cls") and others:
            yield Mutation(((*unit.span(node), closest(node.id, others, rng)),))


@bug(2)
def argument_misuse(unit, rng):
    """An argument of a call becomes another variable."""
    names = [n for n in unit.variables() if n not in ("self", "cls")]
    for call in unit.of(ast.Call):
        for node in call.args:
            others = [n for n in names if not isinstance(node, ast.Name) or n != node.id]
            if isinstance(node, (ast.Name, ast.Attribute)) and others:
                yield Mutation(((*unit.span(node), closest(unit.source(node), others, rng)),))


@bug(5)
def attribute_misuse(unit, rng):
    for node in unit.of(ast.Attribute):
        if isinstance(node.value, ast.Name) and isinstance(node.ctx, ast.Load):
            others = sorted(unit.facts.attributes[node.value.id] - {node.attr})
            if others:
                new = closest(node.attr, others, rng)
                yield Mutation(((*attribute_place(unit, node), new),))


@bug(4)
def twin_swapped(unit, rng):
    """min for max, keys for items, lstrip for rstrip, and the like."""
    for node in unit.of(ast.Attribute):
        if node.attr in TWINS:
            new = rng.choice(TWINS[node.attr])
            error = (
                None
                if new in unit.facts.methods or rng.random() < 0.5
                else messages.no_attribute(messages.type_name(unit.source(node.value), rng), new)
            )
            yield Mutation(((*attribute_place(unit, node), new),), error)
    for node in unit.reads():
        if node.id in TWINS:
            yield Mutation(((*unit.span(node), rng.choice(TWINS[node.id])),))


@bug(2.5)
def callee_misuse(unit, rng):
    """A call goes to another function or method that the file uses."""
    for node in unit.of(ast.Call):
        if isinstance(node.func, ast.Attribute):
            others = sorted(unit.facts.methods - {node.func.attr})
            place, old = attribute_place(unit, node.func), node.func.attr
        elif isinstance(node.func, ast.Name):
            others = sorted(unit.facts.functions - {node.func.id})
            place, old = unit.span(node.func), node.func.id
        else:
            continue
        near = difflib.get_close_matches(old, others, 4, 0.4)
        if near:
            yield Mutation(((*place, rng.choice(near)),))


def misspelt(name, rng):
    """A slip of the fingers in a name of at least three letters."""
    at = rng.randrange(1, len(name))
    options = [name[:at] + name[at + 1 :], name[:at] + name[at - 1] + name[at:], name + "s", name[:-1]]
    if at + 1 < len(name):
        options.append(name[:at] + name[at + 1] + name[at] + name[at + 2 :])
    if "_" in name.strip("_"):
        options += [name.replace("_", "", 1)] * 2
    elif name.islower():
        options += [name.capitalize(), "_" + name]
    if name != name.lower():
        options.append(name.lower())
    new = rng.choice(options)
    return new if is_plain_name(new) and new != name and new not in BUILTIN else None


@bug(2.5)
def name_misspelt(unit, rng):
    names = unit.variables()
    for node in unit.reads():
        new = misspelt(node.id, rng) if len(node.id) > 2 else None
        if new and new not in names:
            yield Mutation(((*unit.span(node), new),), messages.name_error(new, [*names, node.id]))


@bug(1.5)
def target_misspelt(unit, rng):
    """An assignment binds a misspelt name; later reads fail."""
    for node in unit.of(ast.Name):
        if isinstance(node.ctx, ast.Store) and len(node.id) > 3:
            new = misspelt(node.id, rng)
            later = [n for n in unit.reads() if n.id == node.id and n.lineno > node.lineno]
            if new and later:
                error = messages.unbound(node.id) if rng.random() < 0.3 else messages.name_error(node.id, [new])
                yield Mutation(((*unit.span(node), new),), error, later[0].lineno)


@bug(2.5)
def attribute_misspelt(unit, rng):
    for node in unit.of(ast.Attribute):
        new = misspelt(node.attr, rng) if len(node.attr) > 2 else None
        if new and isinstance(node.ctx, ast.Load):
            base = unit.source(node.value)
            owner = messages.type_name(base, rng)
            if base in ("self", "cls") and "." in unit.name:
                owner = unit.name.split(".")[-2]
            hint = node.attr if rng.random() < 0.5 else None
            yield Mutation(((*attribute_place(unit, node), new),), messages.no_attribute(owner, new, hint))


@bug(2.5)
def self_dropped(unit, rng):
    for node in unit.of(ast.Attribute):
        if isinstance(node.value, ast.Name) and node.value.id in ("self", "cls") and isinstance(node.ctx, ast.Load):
            error = messages.name_error(node.attr)
            if "Did you" not in error and rng.random() < 0.4:
                error += f". Did you mean: 'self.{node.attr}'?"
            yield Mutation(((*unit.span(node), node.attr),), error)


@bug(1)
def self_parameter_dropped(unit, rng):
    if unit.is_function and unit.function.args.args and unit.function.args.args[0].arg == "self":
        args = unit.function.args.args
        begin = unit.span(args[0])[0]
        end = unit.span(args[1])[0] if len(args) > 1 else unit.span(args[0])[1]
        if unit.text[begin:end].strip(" ,") == "self":
            given = len(args) if rng.random() < 0.7 else len(args) + 1
            plural = "s" * (len(args) != 2)
            error = f"TypeError: {unit.name}() takes {len(args) - 1} positional argument{plural} but {given} were given"
            yield Mutation(((begin, end, ""),), error.replace("but 1 were", "but 1 was"))


@bug(2.5)
def attribute_dropped(unit, rng):
    """`a.b` becomes `a`."""
    for node in unit.of(ast.Attribute):
        parent = unit.parents[node]
        is_callee = isinstance(parent, ast.Call) and node is parent.func
        if isinstance(node.ctx, ast.Load) and not is_callee and unit.source(node.value) not in ("self", "cls"):
            yield Mutation(((unit.span(node.value)[1], unit.span(node)[1], ""),))


@bug(1)
def attribute_doubled(unit, rng):
    """`a` becomes `a.b` for an attribute that the file reads of it."""
    for node in unit.reads():
        others = sorted(unit.facts.attributes.get(node.id, ()))
        if others and node.id not in ("self", "cls") and not isinstance(unit.parents[node], ast.Attribute):
            end = unit.span(node)[1]
            yield Mutation(((end, end, "." + rng.choice(others)),))


@bug(3)
def exception_type(unit, rng):
    for node in unit.reads():
        inside = isinstance(unit.parents[node], ast.ExceptHandler) or unit.within(node, ast.Raise)
        if inside and node.id in EXCEPTIONS:
            raised = rng.random() < 0.4 and isinstance(unit.parents[node], ast.ExceptHandler)
            yield Mutation(((*unit.span(node), rng.choice(EXCEPTIONS[node.id])),), node.id if raised else None)


@bug(1)
def import_dropped(unit, rng):
    """An import goes away: of a module-level piece, or inside a function."""
    for node in unit.of(ast.Import, ast.ImportFrom):
        rows = unit.rows(node)
        if not rows or len(unit.siblings(node)) < 2 or getattr(node, "module", "") == "__future__":
            continue
        alias = rng.choice(node.names)
        name = (alias.asname or alias.name).split(".")[0]
        if len(node.names) == 1:
            yield Mutation(((*rows, ""),), messages.name_error(name))
        elif node.lineno == node.end_lineno and "(" not in unit.source(node):
            old = unit.source(node)
            new = re.sub(r", $", "", re.sub(rf"\b{re.escape(unit.source(alias))}(, ?|$)", "", old, count=1))
            if new != old:
                yield Mutation(((*unit.span(node), new),), messages.name_error(name))


@bug(1)
def import_wrong(unit, rng):
    """`from m import a` names something that m does not hold."""
    for node in unit.of(ast.ImportFrom):
        alias = node.names[0]
        new = misspelt(alias.name, rng) if len(alias.name) > 2 else None
        if new:
            begin = unit.span(alias)[0]
            error = f"ImportError: cannot import name '{new}' from '{node.module or '.'}'"
            yield Mutation(((begin, begin + len(alias.name), new),), error)
