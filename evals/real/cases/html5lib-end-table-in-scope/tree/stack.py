"""Elements, and the stack of those that are still open."""


class Element:
    def __init__(self, name):
        self.name = name
        self.children = []

    def __str__(self):
        if not self.children:
            return self.name
        return f"{self.name}({' '.join(map(str, self.children))})"


class OpenElements:
    """Open elements, the root at the bottom."""

    BARRIERS = ("table", "root")

    def __init__(self, root):
        self._elements = [root]

    def __reversed__(self):
        return reversed(self._elements)

    def __len__(self):
        return len(self._elements)

    @property
    def current(self):
        return self._elements[-1]

    def insert(self, element):
        self.current.children.append(element)
        self._elements.append(element)

    def pop(self):
        return self._elements.pop()

    def in_scope(self, name):
        """Return whether an element is open, without a table around it that is more inward."""
        for element in reversed(self._elements):
            if element.name == name:
                return True
            if element.name in self.BARRIERS:
                return False
        return False

    def pop_until(self, name, keep=False):
        """Close elements up to the innermost of that name, and that one too unless it is to be kept."""
        if any(element.name == name for element in self._elements):
            while self.current.name != name:
                self.pop()
            if not keep:
                self.pop()
