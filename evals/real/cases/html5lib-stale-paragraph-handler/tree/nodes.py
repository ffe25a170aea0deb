"""Nodes of the tree, and how they are written out."""

from html import escape

EMPTY = frozenset(["br", "hr", "img", "input"])


class Text:
    def __init__(self, data):
        self.data = data

    def serialize(self):
        return escape(self.data, quote=False)


class Element:
    def __init__(self, name, attributes=None):
        self.name = name
        self.attributes = attributes or {}
        self.children = []

    def append(self, node):
        self.children.append(node)

    def serialize(self):
        attributes = "".join(f' {key}="{escape(value)}"' for key, value in self.attributes.items())
        if self.name in EMPTY:
            return f"<{self.name}{attributes}>"
        inner = "".join(child.serialize() for child in self.children)
        return f"<{self.name}{attributes}>{inner}</{self.name}>"
