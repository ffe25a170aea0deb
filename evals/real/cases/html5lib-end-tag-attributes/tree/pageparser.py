"""Builds a tree of a page, whatever state it is in."""

from tokenizer import tokens

VOID_ELEMENTS = frozenset(("br", "hr", "img", "input", "link", "meta"))


class ParseError(Exception):
    """Raised for the first error of a page by a strict parser."""


class Node:
    def __init__(self, name, attributes=None):
        self.name = name
        self.attributes = attributes or {}
        self.children = []

    def __str__(self):
        attributes = "".join(f' {name}="{value}"' for name, value in self.attributes.items())
        inner = "".join(str(child) for child in self.children)
        if self.name in VOID_ELEMENTS:
            return f"<{self.name}{attributes}>"
        return f"<{self.name}{attributes}>{inner}</{self.name}>"


class PageParser:
    """A parser for one page after the other.

    Errors are kept in `errors`, with the number of the token they were found at, or raised at
    once if the parser is strict.
    """

    def __init__(self, strict=False):
        self.strict = strict
        self.errors = []
        self.reset()

    def reset(self):
        self.errors = []
        self.root = Node("page")
        self.open = [self.root]
        self._count = 0

    def parse(self, source):
        """Parse a page and return the root of its tree."""
        self.reset()
        for token in tokens(source):
            self._count += 1
            self.process(self.normalize(token))
        if len(self.open) > 1:
            self.error(f"{self.open[-1].name} is not closed.")
        return self.root

    def error(self, message):
        self.errors.append((self._count, message))
        if self.strict:
            raise ParseError(message)

    def normalize(self, token):
        """Put a token into the form in which the tree is built of it.

        Names become lower case, and attributes a dictionary in which the first of several
        values counts.
        """
        if token["type"] == "EmptyTag":
            if token["name"].lower() not in VOID_ELEMENTS:
                self.error("Solidus (/) in a tag that may have content.")
            token["type"] = "StartTag"

        if token["type"] == "StartTag":
            token["name"] = token["name"].lower()
            if token["data"]:
                token["data"] = {
                    name.lower(): value for name, value in token["data"][::-1]
                }
                token["data"] = dict(reversed(token["data"].items()))
            else:
                token["data"] = {}

        elif token["type"] == "EndTag":
            if token["data"]:
                self.error("End tag contains unexpected attributes.")
                self.token["data"] = {}
            token["name"] = token["name"].lower()

        return token

    def process(self, token):
        getattr(self, f"process_{token['type'].lower()}")(token)

    def process_starttag(self, token):
        node = Node(token["name"], token["data"])
        self.open[-1].children.append(node)
        if token["name"] not in VOID_ELEMENTS:
            self.open.append(node)

    def process_endtag(self, token):
        name = token["name"]
        if name in VOID_ELEMENTS or name not in [node.name for node in self.open[1:]]:
            self.error(f"Unexpected end tag ({name}).")
            return
        if self.open[-1].name != name:
            self.error(f"{self.open[-1].name} is still open at the end of {name}.")
        while self.open.pop().name != name:
            pass

    def process_characters(self, token):
        self.open[-1].children.append(token["data"])

    def process_comment(self, token):
        pass
