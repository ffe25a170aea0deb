"""A piece of a Python file that bugs are put into, with what is known of the rest of the file."""

import ast
import keyword
import textwrap
from collections import defaultdict
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Mutation:
    """A bug: text edits `(begin, end, text)` in characters of the unit, and the error it would raise.

    `error` None: nothing is raised, only results are wrong. `line` overrides the first changed line as
    the one that fails, counted from 1 in the broken text.
    """

    edits: tuple
    error: str | None = None
    line: int | None = None

    def apply(self, text):
        for begin, end, new in sorted(self.edits, reverse=True):
            text = text[:begin] + new + text[end:]
        return text


@dataclass
class Facts:
    """What a whole file uses: names to confuse with others."""

    attributes: dict = field(default_factory=lambda: defaultdict(set))
    methods: set = field(default_factory=set)
    functions: set = field(default_factory=set)
    strings: set = field(default_factory=set)

    @classmethod
    def of(cls, tree):
        facts = cls()
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                facts.attributes[node.value.id].add(node.attr)
            if isinstance(node, ast.Call):
                if isinstance(node.func, ast.Attribute):
                    facts.methods.add(node.func.attr)
                elif isinstance(node.func, ast.Name):
                    facts.functions.add(node.func.id)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and 0 < len(node.value) < 24:
                facts.strings.add(node.value)
        return facts


class Unit:
    """Source text that parses on its own, its tree and positions. `name` is the qualified name."""

    def __init__(self, text, facts, name="", number=0):
        self.text = text
        self.facts = facts
        self.name = name
        self.number = number
        self.tree = ast.parse(text)
        self.lines = text.split("\n")
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line) + 1)
        self.parents = {}
        self.kinds = defaultdict(list)
        self.collect(self.tree)
        self.function = self.tree.body[0] if self.tree.body else None
        self.is_function = isinstance(self.function, (ast.FunctionDef, ast.AsyncFunctionDef))

    def collect(self, parent):
        """Note parents and kinds; insides of f-strings and docstrings are left alone."""
        for child in ast.iter_child_nodes(parent):
            self.parents[child] = parent
            if is_docstring(child):
                continue
            self.kinds[type(child)].append(child)
            if not isinstance(child, ast.JoinedStr):
                self.collect(child)

    def of(self, *kinds):
        return [node for kind in kinds for node in self.kinds[kind]]

    def at(self, line, column):
        """Character offset of a tree position, whose columns are UTF-8 bytes."""
        text = self.lines[line - 1]
        if not text.isascii():
            column = len(text.encode()[:column].decode(errors="ignore"))
        return self.starts[line - 1] + column

    def span(self, node):
        return self.at(node.lineno, node.col_offset), self.at(node.end_lineno, node.end_col_offset)

    def source(self, node):
        begin, end = self.span(node)
        return self.text[begin:end]

    def line_at(self, offset):
        return self.text.count("\n", 0, offset) + 1

    def rows(self, node):
        """The span of the whole lines of a statement, or None where it shares a line with another."""
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        begin, end = self.starts[first - 1], self.starts[node.end_lineno]
        inside = self.text[begin : self.span(node)[0]] if first == node.lineno else ""
        rest = self.text[self.span(node)[1] : end].split("#")[0]
        return None if inside.strip() or rest.strip() else (begin, min(end, len(self.text)))

    def statements(self):
        """Statements of the unit below its own definition, that have whole lines to themselves."""
        for kind, nodes in list(self.kinds.items()):
            if issubclass(kind, ast.stmt):
                for node in nodes:
                    if node is not self.function and self.rows(node):
                        yield node

    def siblings(self, node):
        """The statement list that holds `node`."""
        for value in vars(self.parents[node]).values():
            if isinstance(value, list) and node in value:
                return value
        return []

    def parameters(self):
        if not self.is_function:
            return []
        args = self.function.args
        every = [*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg]
        return [a.arg for a in every if a is not None]

    def variables(self):
        """Names that the unit binds, in order."""
        bound = self.parameters()
        bound += [n.id for n in self.of(ast.Name) if isinstance(n.ctx, ast.Store)]
        return list(dict.fromkeys(name for name in bound if name != "_"))

    def reads(self):
        """Names that are read, outside of annotations."""
        return [n for n in self.of(ast.Name) if isinstance(n.ctx, ast.Load) and not self.in_annotation(n)]

    def in_annotation(self, node):
        while node in self.parents:
            parent = self.parents[node]
            if node in (getattr(parent, "annotation", None), getattr(parent, "returns", None)):
                return True
            node = parent
        return False

    def within(self, node, *kinds):
        """The innermost enclosing node of the kinds, or None."""
        node = self.parents.get(node)
        while node is not None and not isinstance(node, kinds):
            node = self.parents.get(node)
        return node

    def between(self, left, right, token):
        """The span of an operator between two nodes, or None where it cannot be told for certain."""
        begin, end = self.span(left)[1], self.span(right)[0]
        gap = self.text[begin:end]
        if gap.count(token) != 1 or "#" in gap:
            return None
        return begin + gap.index(token), begin + gap.index(token) + len(token)


def is_docstring(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def units_of(text):
    """The units of a file: functions and methods (outermost), class heads and module-level pieces."""
    tree = ast.parse(text)
    facts = Facts.of(tree)
    lines = text.split("\n")
    for node, name in definitions(tree.body, ""):
        first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
        unit = unit_at(lines, first, node.end_lineno, facts, name)
        if unit:
            yield unit
    for first, last in loose(tree.body):
        unit = unit_at(lines, first, last, facts, "")
        if unit:
            yield unit


def definitions(body, prefix):
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node, prefix + node.name
        elif isinstance(node, ast.ClassDef):
            yield from definitions(node.body, f"{prefix}{node.name}.")
        elif isinstance(node, (ast.If, ast.Try)):
            yield from definitions(node.body, prefix)


def loose(body, most=40):
    """Line spans of consecutive module-level statements that define nothing."""
    first = last = None
    for node in [*body, None]:
        simple = node is not None and not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        simple = simple and not is_docstring(node)
        if simple and (first is None or node.end_lineno - first < most):
            first, last = first or node.lineno, node.end_lineno
        else:
            if first is not None and last - first >= 3:
                yield first, last
            first, last = (node.lineno, node.end_lineno) if simple else (None, None)


def unit_at(lines, first, last, facts, name):
    text = "\n".join(line.rstrip() for line in textwrap.dedent("\n".join(lines[first - 1 : last])).split("\n"))
    try:
        return Unit(text, facts, name, first)
    except (SyntaxError, ValueError, RecursionError):
        return None


def is_plain_name(text):
    return text.isidentifier() and not keyword.iskeyword(text)
