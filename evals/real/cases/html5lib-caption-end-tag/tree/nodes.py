"""Elements of the tree, and the stack of those that are still open."""

SCOPE_LIMITS = {"html", "table"}
IMPLIED_END = {"dd", "dt", "li", "p"}


class Element:
    def __init__(self, name):
        self.name = name
        self.children = []

    def append(self, child):
        self.children.append(child)

    def serialize(self):
        inner = "".join(
            child.serialize() if isinstance(child, Element) else child for child in self.children
        )
        return f"<{self.name}>{inner}</{self.name}>"


class OpenElements:
    def __init__(self, root):
        self.items = [root]

    @property
    def current(self):
        return self.items[-1]

    def push(self, name):
        element = Element(name)
        self.current.append(element)
        self.items.append(element)
        return element

    def pop(self):
        return self.items.pop()

    def in_scope(self, name):
        """Whether an element of that name is open within the innermost table."""
        for element in reversed(self.items):
            if element.name == name:
                return True
            if element.name in SCOPE_LIMITS:
                return False
        return False

    def generate_implied_end_tags(self):
        while self.current.name in IMPLIED_END:
            self.pop()
