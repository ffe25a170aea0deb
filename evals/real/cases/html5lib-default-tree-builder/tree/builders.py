"""Builders that a parser can fill a tree with."""


class Node:
    def __init__(self, name, text=""):
        self.name = name
        self.text = text
        self.children = []


class SimpleBuilder:
    """Builds a tree of nodes."""

    def __init__(self):
        self.root = Node("#document")
        self._open = [self.root]

    def start(self, name):
        node = Node(name)
        self._open[-1].children.append(node)
        self._open.append(node)

    def end(self, name):
        if any(node.name == name for node in self._open[1:]):
            while self._open.pop().name != name:
                pass

    def data(self, text):
        self._open[-1].children.append(Node("#text", text))

    def dump(self):
        lines = []

        def walk(node, depth):
            lines.append("| " * depth + (repr(node.text) if node.name == "#text" else node.name))
            for child in node.children:
                walk(child, depth + 1)

        walk(self.root, 0)
        return "\n".join(lines)


class OutlineBuilder:
    """Keeps the headings only."""

    def __init__(self):
        self.headings = []
        self._level = 0

    def start(self, name):
        if len(name) == 2 and name[0] == "h" and name[1].isdigit():
            self._level = int(name[1])
            self.headings.append((self._level, ""))

    def end(self, name):
        if name == f"h{self._level}":
            self._level = 0

    def data(self, text):
        if self._level:
            level, heading = self.headings[-1]
            self.headings[-1] = level, heading + text

    def dump(self):
        return "\n".join("  " * (level - 1) + heading for level, heading in self.headings)


class SilentBuilder:
    """Builds nothing; good for timing the tokenizer."""

    def start(self, name):
        pass

    end = data = start

    def dump(self):
        return ""
