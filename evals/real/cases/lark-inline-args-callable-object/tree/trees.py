"""Parse trees of a small calculator language."""

import re

_TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d+)?)|([a-z]\w*)|(.))")


class Tree:
    """A node with a label and children, which are trees or plain values."""

    def __init__(self, label, children):
        self.label = label
        self.children = list(children)

    def __eq__(self, other):
        return isinstance(other, Tree) and (self.label, self.children) == (other.label, other.children)

    def __repr__(self):
        return f"Tree({self.label!r}, {self.children!r})"


class _Reader:
    def __init__(self, text):
        self.tokens = [match.groups() for match in _TOKEN.finditer(text.strip())]

    def peek(self):
        return next(filter(None, self.tokens[0])) if self.tokens else None

    def take(self, *expected):
        if self.peek() is None or expected and self.peek() not in expected:
            raise SyntaxError(f"unexpected {self.peek() or 'end'}")
        return self.tokens.pop(0)

    def chain(self, lower, labels):
        left = lower()
        while self.peek() in labels:
            label = labels[self.take()[2]]
            left = Tree(label, [left, lower()])
        return left

    def sum(self):
        return self.chain(self.product, {"+": "add", "-": "sub"})

    def product(self):
        return self.chain(self.atom, {"*": "mul", "/": "div"})

    def atom(self):
        number, name, sign = self.take()
        if number:
            return Tree("number", [number])
        if sign == "-":
            return Tree("neg", [self.atom()])
        if sign == "(":
            inside = self.sum()
            self.take(")")
            return inside
        if name and self.peek() == "(":
            return Tree("call", [name, *self.arguments()])
        if name:
            return Tree("name", [name])
        raise SyntaxError(f"unexpected {sign}")

    def arguments(self):
        self.take("(")
        found = [self.sum()]
        while self.take(",", ")")[2] == ",":
            found.append(self.sum())
        return found


def read(text):
    """Return the tree of an expression."""
    reader = _Reader(text)
    tree = reader.sum()
    if reader.peek() is not None:
        raise SyntaxError(f"unexpected {reader.peek()}")
    return tree
