"""Builds a node tree from a forgiving stream of start tags, end tags and text."""

from nodes import Element, Text

HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])
BLOCKS = frozenset(["div", "ul", "ol", "dl", "pre", "blockquote", "address"])
VOID = frozenset(["br", "hr", "img", "input"])
SCOPE_LIMITS = frozenset(["body", "table", "td", "th", "button"])
ITEM_BARRIERS = frozenset(["ul", "ol", "dl", "table", "body"])
ITEM_STOPS = {"li": ("li",), "dd": ("dd", "dt"), "dt": ("dd", "dt")}


class TreeBuilder:
    """Receives tokens one by one; `root` is the finished tree."""

    def __init__(self):
        self.root = Element("body")
        self.open_elements = [self.root]
        self.form = None
        self.errors = []
        self._start_handlers = {"form": self.start_form, "p": self.start_block}
        self._end_handlers = {"p": self.end_p, "form": self.end_form}
        for name in ITEM_STOPS:
            self._start_handlers[name] = self.start_item
        for name in HEADINGS:
            self._start_handlers[name] = self.start_heading
        for name in BLOCKS:
            self._start_handlers[name] = self.start_block
        for name in VOID:
            self._start_handlers[name] = self.start_void

    @property
    def current(self):
        return self.open_elements[-1]

    def start_tag(self, name, attributes=None):
        handler = self._start_handlers.get(name, self.start_other)
        handler(name, dict(attributes or {}))

    def end_tag(self, name):
        handler = self._end_handlers.get(name, self.end_other)
        handler(name)

    def text(self, data):
        if data:
            self.current.append(Text(data))

    def in_scope(self, name):
        """Whether an element `name` is open and no scope limit lies above it."""
        for element in reversed(self.open_elements):
            if element.name == name:
                return True
            if element.name in SCOPE_LIMITS:
                return False
        return False

    def insert(self, name, attributes):
        element = Element(name, attributes)
        self.current.append(element)
        self.open_elements.append(element)
        return element

    def pop_through(self, name):
        """Close elements until one called `name` has been closed."""
        while len(self.open_elements) > 1:
            if self.open_elements.pop().name == name:
                return

    def start_block(self, name, attributes):
        if self.in_scope("p"):
            self.end_p("p")
        self.insert(name, attributes)

    def start_heading(self, name, attributes):
        if self.in_scope("p"):
            self.end_p("p")
        if self.current.name in HEADINGS:
            self.errors.append(f"heading <{name}> inside <{self.current.name}>")
            self.open_elements.pop()
        self.insert(name, attributes)

    def start_form(self, name, attributes):
        if self.form is not None:
            self.errors.append("nested <form>")
            return
        if self.in_scope("p"):
            self.end_p("p")
        self.form = self.insert(name, attributes)

    def start_item(self, name, attributes):
        if self.in_scope("p"):
            self.end_p("p")
        for element in reversed(self.open_elements):
            if element.name in ITEM_STOPS[name]:
                self.pop_through(element.name)
                break
            if element.name in ITEM_BARRIERS:
                break
        self.insert(name, attributes)

    def start_void(self, name, attributes):
        if name == "hr" and self.in_scope("p"):
            self.end_p("p")
        self.insert(name, attributes)
        self.open_elements.pop()

    def start_other(self, name, attributes):
        self.insert(name, attributes)

    def end_p(self, name):
        if not self.in_scope("p"):
            self.errors.append("unexpected </p>")
            self.insert(name, {})
        elif self.current.name != "p":
            self.errors.append(f"<{self.current.name}> still open at </p>")
        self.pop_through("p")

    def end_form(self, name):
        self.form = None
        self.end_other(name)

    def end_other(self, name):
        if self.in_scope(name) and name != self.root.name:
            self.pop_through(name)
        else:
            self.errors.append(f"unexpected </{name}>")
