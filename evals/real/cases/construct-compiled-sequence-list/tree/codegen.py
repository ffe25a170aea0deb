"""Collects pieces of generated code."""

from textwrap import dedent


class Code:
    def __init__(self):
        self._blocks = []
        self._count = 0

    def name(self, stem):
        """Return a name that no other function of this code has."""
        self._count += 1
        return f"parse_{stem}_{self._count}"

    def append(self, block):
        """Add a block of whole lines, unless it is there already."""
        lines = [line for line in dedent(block).splitlines() if line.strip()]
        text = "\n".join(lines)
        if text not in self._blocks:
            self._blocks.append(text)

    def source(self):
        return "\n".join(self._blocks) + "\n"

    def run(self):
        namespace = {}
        exec(compile(self.source(), "<generated>", "exec"), namespace)
        return namespace
