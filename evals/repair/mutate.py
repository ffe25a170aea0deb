"""Single bugs, as small text edits at places found in the syntax tree.

The edits are textual so that everything outside the bug keeps its bytes. Each operator yields
`Mutant` values for one file; none of them runs anything. What this file does not do: choose which
mutants are kept (`make_suite.py` does, by running tests).
"""

import ast
from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """One injected bug: bytes `start..end` of the file become `text`."""

    operator: str
    line: int
    start: int
    end: int
    text: bytes

    def apply(self, source: bytes) -> bytes:
        return source[: self.start] + self.text + source[self.end :]


COMPARE = {
    ast.Lt: ("<", ["<=", ">"]),
    ast.LtE: ("<=", ["<", ">="]),
    ast.Gt: (">", [">=", "<"]),
    ast.GtE: (">=", [">", "<="]),
    ast.Eq: ("==", ["!=", ">="]),
    ast.NotEq: ("!=", ["=="]),
    ast.In: ("in", ["not in"]),
    ast.NotIn: ("not in", ["in"]),
    ast.Is: ("is", ["is not"]),
    ast.IsNot: ("is not", ["is"]),
}
ARITHMETIC = {
    ast.Add: ("+", ["-"]),
    ast.Sub: ("-", ["+"]),
    ast.Mult: ("*", ["/", "+"]),
    ast.Div: ("/", ["*", "//"]),
    ast.FloorDiv: ("//", ["/", "*"]),
    ast.Mod: ("%", ["//"]),
    ast.BitAnd: ("&", ["|"]),
    ast.BitOr: ("|", ["&"]),
}
CALLS = {
    "min": "max", "max": "min", "any": "all", "all": "any", "sorted": "list", "lower": "upper",
    "upper": "lower", "startswith": "endswith", "endswith": "startswith", "lstrip": "rstrip",
    "rstrip": "lstrip", "append": "extend", "extend": "append", "items": "keys", "values": "keys",
    "keys": "values", "find": "rfind", "rfind": "find", "split": "rsplit", "rsplit": "split",
    "index": "count", "match": "search", "search": "match", "add": "discard", "tuple": "list",
    "update": "setdefault", "popleft": "pop", "isdigit": "isalpha", "isinstance": "issubclass",
    "ljust": "rjust", "rjust": "ljust", "title": "capitalize", "reversed": "list",
}
EXCEPTIONS = {
    "KeyError": "IndexError", "ValueError": "TypeError", "TypeError": "ValueError",
    "IndexError": "KeyError", "AttributeError": "KeyError", "StopIteration": "ValueError",
}
UNWRAP = {"int", "str", "list", "float", "tuple", "bool", "len", "abs", "iter", "sorted", "set"}
UNWRAP_METHODS = {"strip", "lower", "upper", "copy", "items", "split", "group", "rstrip", "lstrip"}


class Source:
    """A file with the conversions between tree positions and byte offsets."""

    def __init__(self, data: bytes):
        self.data = data
        self.tree = ast.parse(data)
        self.starts = [0]
        for line in data.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))
        for parent in ast.walk(self.tree):
            for child in ast.iter_child_nodes(parent):
                child.parent = parent
        self.tree.parent = None

    def at(self, line: int, col: int) -> int:
        return self.starts[line - 1] + col

    def span(self, node) -> tuple:
        return self.at(node.lineno, node.col_offset), self.at(node.end_lineno, node.end_col_offset)

    def text(self, node) -> bytes:
        start, end = self.span(node)
        return self.data[start:end]

    def lines(self, node) -> tuple:
        """The span of the whole lines that a statement stands on."""
        return self.starts[node.lineno - 1], self.starts[node.end_lineno]

    def function(self, node):
        while node is not None and not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            node = node.parent
        return node


def mutants(data: bytes) -> list:
    """Every mutant of a file. Only code inside functions is changed, bar imports and syntax."""
    src = Source(data)
    found = []
    for node in ast.walk(src.tree):
        if not hasattr(node, "lineno"):
            continue
        inside = src.function(node) is not None
        if isinstance(node, (ast.Import, ast.ImportFrom)) and not inside:
            found += import_dropped(src, node)
            continue
        if not inside or in_annotation(node):
            continue
        for operator in OPERATORS:
            found += operator(src, node)
    seen = set()
    kept = []
    for m in found:
        key = (m.start, m.end, m.text)
        if key not in seen and data[m.start : m.end] != m.text:
            seen.add(key)
            kept.append(m)
    return kept


def in_annotation(node) -> bool:
    while node.parent is not None:
        parent = node.parent
        if node is getattr(parent, "annotation", None) or node is getattr(parent, "returns", None):
            return True
        if isinstance(parent, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return node in parent.decorator_list
        node = parent
    return False


def is_docstring(node) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def make(src, operator, node, text, span=None):
    start, end = span or src.span(node)
    return Mutant(operator, node.lineno, start, end, text if isinstance(text, bytes) else text.encode())


def between(src, left, right, token: str):
    """The span of an operator token between two nodes, or None where it cannot be told safely."""
    start, end = src.span(left)[1], src.span(right)[0]
    gap = src.data[start:end]
    if gap.count(token.encode()) != 1 or b"#" in gap:
        return None
    at = start + gap.index(token.encode())
    return at, at + len(token)


def comparison(src, node):
    if not isinstance(node, ast.Compare) or len(node.ops) != 1:
        return
    token, others = COMPARE[type(node.ops[0])]
    span = between(src, node.left, node.comparators[0], token)
    if span:
        for other in others:
            yield make(src, "comparison", node, other, span)


def arithmetic(src, node):
    if isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        token, others = ARITHMETIC[type(node.op)]
        if isinstance(node.left, ast.Constant) and isinstance(node.left.value, str):
            return
        span = between(src, node.left, node.right, token)
        if span:
            for other in others:
                yield make(src, "arithmetic", node, other, span)
    elif isinstance(node, ast.AugAssign) and isinstance(node.op, (ast.Add, ast.Sub)):
        token = "+=" if isinstance(node.op, ast.Add) else "-="
        span = between(src, node.target, node.value, token)
        if span:
            yield make(src, "arithmetic", node, "-=" if token == "+=" else "+=", span)
            yield make(src, "augmented assignment", node, "=", span)


def boolean(src, node):
    if isinstance(node, ast.BoolOp):
        token, other = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for left, right in zip(node.values, node.values[1:]):
            span = between(src, left, right, token)
            if span:
                yield make(src, "boolean operator", node, other, span)
        if len(node.values) == 2:
            for keep in node.values:
                yield make(src, "condition dropped", node, src.text(keep))


def constant(src, node):
    if not isinstance(node, ast.Constant) or isinstance(node.parent, (ast.Slice, ast.JoinedStr)):
        return
    if isinstance(node.parent, ast.arguments):
        return
    if node.value is True or node.value is False:
        yield make(src, "constant", node, str(not node.value))
    elif type(node.value) is int and abs(node.value) < 1000:
        yield make(src, "off by one", node, str(node.value + 1))
        if node.value > 0:
            yield make(src, "off by one", node, str(node.value - 1))


def wrong_key(src, node):
    if not (isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant)):
        return
    if not isinstance(node.slice.value, str):
        return
    keys = {
        n.slice.value
        for n in ast.walk(src.tree)
        if isinstance(n, ast.Subscript)
        and isinstance(n.slice, ast.Constant)
        and isinstance(n.slice.value, str)
    }
    for key in sorted(keys - {node.slice.value})[:2]:
        yield make(src, "wrong key", node.slice, repr(key))


def default(src, node):
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return
    for value in node.args.defaults + [d for d in node.args.kw_defaults if d is not None]:
        if not isinstance(value, ast.Constant):
            continue
        if value.value is True or value.value is False:
            yield make(src, "default", value, str(not value.value))
        elif value.value is None:
            yield make(src, "default", value, "0")
        elif type(value.value) is int:
            yield make(src, "default", value, str(value.value + 1))
        elif isinstance(value.value, str) and value.value:
            yield make(src, "default", value, "''")


def wrong_variable(src, node):
    if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load):
        return
    if isinstance(node.parent, ast.Call) and node.parent.func is node:
        return
    function = src.function(node)
    local = {a.arg for a in function.args.args + function.args.kwonlyargs}
    local |= {
        n.id
        for n in ast.walk(function)
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store) and n.lineno < node.lineno
    }
    if node.id in local:
        for other in sorted(local - {node.id, "self", "cls"})[:4]:
            yield make(src, "wrong variable", node, other)


def misspelt(src, node):
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and len(node.id) > 4:
        function = src.function(node)
        if any(a.arg == node.id for a in function.args.args):
            yield make(src, "misspelt name", node, node.id[:-2] + node.id[-1] + node.id[-2])
            yield make(src, "misspelt name", node, node.id + "s")


def attribute(src, node):
    if not isinstance(node, ast.Attribute) or not isinstance(node.ctx, ast.Load):
        return
    start, end = src.span(node)
    at = end - len(node.attr.encode())
    if src.data[at:end] != node.attr.encode():
        return
    owner = ast.dump(node.value)
    called = isinstance(node.parent, ast.Call) and node.parent.func is node
    others = {
        n.attr
        for n in ast.walk(src.tree)
        if isinstance(n, ast.Attribute)
        and ast.dump(n.value) == owner
        and (isinstance(n.parent, ast.Call) and n.parent.func is n) == called
    }
    for other in sorted(others - {node.attr})[:2]:
        yield make(src, "wrong attribute", node, other, (at, end))
    if isinstance(node.value, ast.Name) and node.value.id == "self":
        yield make(src, "missing self", node, node.attr)


def wrong_call(src, node):
    if not isinstance(node, ast.Call):
        return
    func = node.func
    name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", None)
    if name in CALLS:
        end = src.span(func)[1]
        at = end - len(name)
        if src.data[at:end] == name.encode():
            yield make(src, "wrong function", node, CALLS[name], (at, end))


def arguments(src, node):
    if not isinstance(node, ast.Call):
        return
    plain = [a for a in node.args if not isinstance(a, ast.Starred)]
    if len(plain) == len(node.args) >= 2:
        (a, b), (c, d) = src.span(node.args[0]), src.span(node.args[1])
        data = src.data
        yield make(src, "swapped arguments", node, data[c:d] + data[b:c] + data[a:b], (a, d))
        end = src.span(node.args[-1])[1]
        yield make(src, "missing argument", node, b"", (src.span(node.args[-2])[1], end))
    if node.keywords and node.keywords[-1].arg and (node.args or len(node.keywords) > 1):
        last = node.keywords[-1]
        before = node.keywords[-2].value if len(node.keywords) > 1 else node.args[-1]
        if src.span(before)[1] < src.span(last)[0]:
            yield make(src, "missing argument", node, b"", (src.span(before)[1], src.span(last)[1]))


def conversion(src, node):
    if not isinstance(node, ast.Call):
        return
    if isinstance(node.func, ast.Name) and node.func.id in UNWRAP and len(node.args) == 1:
        if not node.keywords and not isinstance(node.args[0], (ast.GeneratorExp, ast.Starred)):
            yield make(src, "conversion dropped", node, b"(" + src.text(node.args[0]) + b")")
    if isinstance(node.func, ast.Attribute) and node.func.attr in UNWRAP_METHODS:
        yield make(src, "call dropped", node, src.text(node.func.value))


def condition(src, node):
    if isinstance(node, (ast.If, ast.While, ast.IfExp)):
        test = node.test
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            yield make(src, "not removed", node, src.text(test.operand), src.span(test))
        elif not isinstance(test, ast.Compare):
            yield make(src, "condition negated", node, b"not (" + src.text(test) + b")", src.span(test))


def guard(src, node):
    """A short `if` that only leaves, gone."""
    if not isinstance(node, ast.If) or node.orelse or len(node.body) > 2 or not statement_list(node):
        return
    if isinstance(node.body[-1], (ast.Return, ast.Raise, ast.Continue, ast.Break)):
        if whole_lines(src, node) and not elif_branch(src, node):
            body = statement_list(node)
            text = b" " * node.col_offset + b"pass\n" if len(body) == 1 else b""
            yield make(src, "guard removed", node, text, src.lines(node))


def removed(src, node):
    if not isinstance(node, (ast.Assign, ast.AugAssign, ast.Expr)) or is_docstring(node):
        return
    if whole_lines(src, node) and statement_list(node):
        indent = b" " * node.col_offset
        body = statement_list(node)
        text = indent + b"pass\n" if len(body) == 1 else b""
        yield make(src, "statement removed", node, text, src.lines(node))


def order(src, node):
    """Two neighbouring one-line statements exchanged."""
    if not isinstance(node, (ast.Assign, ast.AugAssign, ast.Expr)) or is_docstring(node):
        return
    body = statement_list(node)
    if not body or node is body[-1] or not whole_lines(src, node):
        return
    after = body[body.index(node) + 1]
    if isinstance(after, (ast.Assign, ast.AugAssign, ast.Expr)) and whole_lines(src, after):
        (a, b), (c, d) = src.lines(node), src.lines(after)
        if b == c:
            yield make(src, "statement order", node, src.data[c:d] + src.data[a:b], (a, d))


def result(src, node):
    if isinstance(node, ast.Return) and node.value is not None:
        start, _ = src.span(node)
        value = src.span(node.value)[0]
        if src.data[start:value] == b"return ":
            yield make(src, "return dropped", node, b"", (start, value))
        if not (isinstance(node.value, ast.Constant) and node.value.value is None):
            names = [n.id for n in ast.walk(node.value) if isinstance(n, ast.Name)]
            if isinstance(node.value, ast.Call) and names[1:]:
                yield make(src, "wrong result", node, names[1], src.span(node.value))


def slices(src, node):
    if not isinstance(node, ast.Slice):
        return
    for part, here in (("lower", node.lower), ("upper", node.upper)):
        if here is None:
            continue
        if isinstance(here, ast.Constant) and type(here.value) is int:
            yield make(src, "slice bound", here, str(here.value + 1))
            yield make(src, "slice bound", here, b"")
        elif isinstance(here, ast.UnaryOp):
            yield make(src, "slice bound", here, b"")
        else:
            sign = b" - 1" if part == "upper" else b" + 1"
            yield make(src, "slice bound", here, src.text(here) + sign)


def ranges(src, node):
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "range":
        last = node.args[min(1, len(node.args) - 1)] if node.args else None
        if last is not None:
            yield make(src, "range bound", last, src.text(last) + b" - 1")
            if len(node.args) == 1:
                yield make(src, "range bound", last, b"1, " + src.text(last))


def jump(src, node):
    if isinstance(node, ast.Break):
        yield make(src, "break and continue", node, "continue")
    elif isinstance(node, ast.Continue):
        yield make(src, "break and continue", node, "break")


def handler(src, node):
    if isinstance(node, ast.ExceptHandler) and isinstance(node.type, ast.Name):
        if node.type.id in EXCEPTIONS:
            yield make(src, "wrong exception", node.type, EXCEPTIONS[node.type.id])


def colon(src, node):
    if isinstance(node, (ast.If, ast.For, ast.While)) and node.body[0].lineno > node.lineno:
        head = node.test if hasattr(node, "test") else node.iter
        end = src.span(head)[1]
        if src.data[end : end + 2] in (b":\n", b":\r") and not elif_branch(src, node):
            yield make(src, "syntax", node, b"", (end, end + 1))


def bracket(src, node):
    if isinstance(node, ast.Call) and node.lineno == node.end_lineno:
        end = src.span(node)[1]
        if src.data[end : end + 1] in (b"\n", b"\r") and isinstance(node.parent, (ast.Assign, ast.Return)):
            yield make(src, "syntax", node, b"", (end - 1, end))


def import_dropped(src, node):
    if getattr(node, "module", "") == "__future__" or not isinstance(node.parent, ast.Module):
        return []
    if len(node.names) == 1:
        return [make(src, "missing import", node, b"", src.lines(node))]
    return []


def statement_list(node):
    for field in ("body", "orelse", "finalbody"):
        body = getattr(node.parent, field, None)
        if isinstance(body, list) and node in body:
            return body
    return None


def whole_lines(src, node) -> bool:
    start, end = src.lines(node)
    own = src.span(node)
    head = src.data[start : own[0]].strip()
    tail = src.data[own[1] : end].strip()
    return not head and (not tail or tail.startswith(b"#"))


def elif_branch(src, node) -> bool:
    return src.text(node).startswith(b"elif")


OPERATORS = [
    comparison, arithmetic, boolean, constant, wrong_key, default, wrong_variable, misspelt,
    attribute, wrong_call, arguments, conversion, condition, guard, removed, order, result, slices,
    ranges, jump, handler, colon, bracket,
]
