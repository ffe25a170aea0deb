"""Tree construction for tables, by way of insertion modes."""

from stack import Element, OpenElements

IMPLIED_END = {"p", "li", "td", "th", "tr"}


class Mode:
    """What a token means depends on where in the tree the parser is."""

    def __init__(self, parser):
        self.parser = parser
        self.stack = parser.stack

    def start(self, name):
        self.stack.insert(Element(name))

    def end(self, name):
        if self.stack.in_scope(name):
            self.stack.pop_until(name)
        else:
            self.parser.error(f"unexpected end of {name}")

    def close_implied(self):
        while self.stack.current.name in IMPLIED_END:
            self.stack.pop()


class InBody(Mode):
    def start(self, name):
        super().start(name)
        if name == "table":
            self.parser.mode = InTable(self.parser)


class InTable(Mode):
    def start(self, name):
        if name == "caption":
            self.stack.insert(Element(name))
            self.parser.mode = InCaption(self.parser)
        elif name == "tr":
            self.stack.insert(Element(name))
            self.parser.mode = InRow(self.parser)
        elif name == "table":
            self.parser.error("table inside of a table")
            if self.stack.in_scope(name):
                self.end(name)
                self.parser.start(name)
        else:
            self.parser.error(f"{name} does not belong into a table")
            self.stack.insert(Element(name))

    def end(self, name):
        if name == "table":
            self.end_table()
        elif name in ("caption", "tr", "td", "th"):
            self.parser.error(f"unexpected end of {name}")
        else:
            super().end(name)

    def end_table(self):
        self.close_implied()
        if self.stack.current.name != "table":
            self.parser.error("end of a table with open elements")
        while self.stack.current.name != "table":
            self.stack.pop()
        self.stack.pop()
        self.parser.reset_mode()


class InCaption(Mode):
    def start(self, name):
        if name == "tr":
            self.end("caption")
            self.parser.start(name)
        elif name == "table":
            self.stack.insert(Element(name))
            self.parser.mode = InTable(self.parser)
        else:
            super().start(name)

    def end(self, name):
        if name == "caption":
            self.stack.pop_until("caption")
            self.parser.mode = InTable(self.parser)
        elif name == "table":
            self.parser.error("end of a table in its caption")
            self.end("caption")
            self.parser.end(name)
        else:
            super().end(name)


class InRow(Mode):
    def start(self, name):
        if name in ("td", "th"):
            self.stack.pop_until("tr", keep=True)
            self.stack.insert(Element(name))
        elif name == "tr":
            self.end("tr")
            self.parser.start(name)
        elif name == "table":
            self.stack.insert(Element(name))
            self.parser.mode = InTable(self.parser)
        else:
            super().start(name)

    def end(self, name):
        if name == "tr":
            self.stack.pop_until("tr")
            self.parser.mode = InTable(self.parser)
        elif name == "table":
            self.end("tr")
            self.parser.end(name)
        else:
            super().end(name)


class TableParser:
    """Builds a tree from start and end tags.

    With `context`, the tags are a fragment from inside an element of that name.
    """

    MODES = {"table": InTable, "caption": InCaption, "tr": InRow, "td": InBody, "th": InBody}

    def __init__(self, context=None):
        self.errors = []
        self.root = Element("root")
        self.stack = OpenElements(self.root)
        self.context = context
        self.mode = self.MODES.get(context, InBody)(self)

    def error(self, message):
        self.errors.append(message)

    def reset_mode(self):
        """Choose the mode by the innermost open element that has one."""
        for element in reversed(self.stack):
            name = self.context if element is self.root else element.name
            if name in self.MODES and name not in ("td", "th"):
                self.mode = self.MODES[name](self)
                return
        self.mode = InBody(self)

    def start(self, name):
        self.mode.start(name)

    def end(self, name):
        self.mode.end(name)

    def feed(self, tags):
        """Take tags separated by blanks, end tags with a slash before the name."""
        for tag in tags.split():
            if tag.startswith("/"):
                self.end(tag[1:])
            else:
                self.start(tag)
        return self.root
