"""A small tree builder for tables: tokens in, element tree and error messages out.

Tokens are pairs: ("start", name), ("end", name) or ("text", data).
"""

import re

from nodes import Element, OpenElements

TOKEN = re.compile(r"<(/?)([a-z][a-z0-9]*)>|([^<]+)")
TABLE_PARTS = {"caption", "tr", "td"}


def tokenize(markup):
    for slash, name, data in TOKEN.findall(markup):
        if name:
            yield ("end" if slash else "start", name)
        else:
            yield ("text", data)


class TreeParser:
    def __init__(self):
        self.root = Element("html")
        self.open = OpenElements(self.root)
        self.errors = []
        self.phase = self.in_body

    def parse(self, markup):
        for kind, value in tokenize(markup):
            self.phase(kind, value)
        for element in self.open.items[1:]:
            self.error(f"Missing end tag ({element.name}).")
        return "".join(
            child.serialize() if isinstance(child, Element) else child for child in self.root.children
        )

    def error(self, message):
        self.errors.append(message)

    # Phases

    def in_body(self, kind, value):
        if kind == "text":
            self.open.current.append(value)
        elif kind == "start":
            if value == "table":
                self.open.push("table")
                self.phase = self.in_table
            elif value in TABLE_PARTS:
                self.error(f"Unexpected start tag ({value}).")
            else:
                self.open.push(value)
        elif self.open.in_scope(value):
            self.close(value)
        else:
            self.error(f"Unexpected end tag ({value}).")

    def in_table(self, kind, value):
        if kind == "start" and value == "caption":
            self.open.push("caption")
            self.phase = self.in_caption
        elif kind == "start" and value == "tr":
            self.open.push("tr")
            self.phase = self.in_row
        elif kind == "end" and value == "table":
            self.close("table")
            self.phase = self.in_body
        elif kind != "text" or value.strip():
            self.error(f"Unexpected {kind} in table ({value}).")

    def in_caption(self, kind, value):
        if kind == "end" and value == "caption":
            self.end_caption()
        elif kind == "end" and value == "table":
            self.error("Unexpected end tag (table).")
            self.end_caption()
            self.phase(kind, value)
        elif kind == "start" and value in TABLE_PARTS:
            self.error(f"Unexpected start tag ({value}).")
            self.end_caption()
            self.phase(kind, value)
        else:
            self.in_body(kind, value)

    def in_row(self, kind, value):
        if kind == "start" and value == "td":
            self.open.push("td")
            self.phase = self.in_cell
        elif kind == "end" and value == "tr":
            self.close("tr")
            self.phase = self.in_table
        elif kind != "text" or value.strip():
            self.error(f"Unexpected {kind} in row ({value}).")

    def in_cell(self, kind, value):
        if kind == "end" and value == "td":
            self.close("td")
            self.phase = self.in_row
        else:
            self.in_body(kind, value)

    # Steps that several phases share

    def close(self, name):
        """Pop everything up to and including the innermost element of that name."""
        self.open.generate_implied_end_tags()
        if self.open.current.name != name:
            self.error(f"Unexpected end tag ({name}). Missing end tags.")
        while self.open.current.name != name:
            self.open.pop()
        self.open.pop()

    def end_caption(self):
        if not self.open.in_scope("caption"):
            self.error("Unexpected end tag (caption).")
            return
        self.open.generate_implied_end_tags()
        if self.open.current.name == "caption":
            self.error("Unexpected end tag (caption).")
        while self.open.current.name != "caption":
            self.open.pop()
        self.phase = self.in_table
