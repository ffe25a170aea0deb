"""The tree that the frame parser builds."""


class Element:
    def __init__(self, name, attributes=None):
        self.name = name
        self.attributes = dict(attributes or {})
        self.children = []

    def outline(self):
        """Return the tree as text: names, with the children in brackets."""
        if not self.children:
            return self.name
        inner = " ".join(child if isinstance(child, str) else child.outline() for child in self.children)
        return f"{self.name}[{inner}]"
