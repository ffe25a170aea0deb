"""Checks that the tags of a document are balanced."""

import re

from messages import describe

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)[^<>]*?(/?)>")

VOID = frozenset(["area", "br", "col", "hr", "img", "input", "link", "meta"])
MAY_STAY_OPEN = frozenset(
    ["dd", "dt", "li", "optgroup", "option", "p", "td", "th", "tr", "tbody", "body", "html"]
)
CLOSES = {
    "li": frozenset(["li"]),
    "dd": frozenset(["dd", "dt"]),
    "dt": frozenset(["dd", "dt"]),
    "option": frozenset(["option"]),
    "tr": frozenset(["tr", "td", "th"]),
    "td": frozenset(["td", "th"]),
    "th": frozenset(["td", "th"]),
}


class Checker:
    """Goes through a document; what is wrong with it is in `errors`.

    An error is a tuple (line, code, details); the details are the values which the message
    for the code names.
    """

    def __init__(self):
        self.open_elements = []
        self.errors = []
        self.line = 1
        self._after_body = False

    def error(self, code, details=None):
        self.errors.append((self.line, code, details or {}))

    def messages(self):
        return [f"line {line}: {describe(code, details)}" for line, code, details in self.errors]

    def check(self, document):
        position = 0
        for match in _TAG.finditer(document):
            self.line += document.count("\n", position, match.start())
            position = match.start()
            name = match.group(2).lower()
            if match.group(1):
                self.end_tag(name)
            else:
                self.start_tag(name, bool(match.group(3)))
        self.line += document.count("\n", position)
        self.end_of_file()
        return self.errors

    def start_tag(self, name, closed=False):
        if self._after_body:
            self.error("unexpected-start-tag-after-body", {"name": name})
        if name in VOID:
            return
        if closed:
            self.error("non-void-element-with-trailing-solidus", {"name": name})
        closes = CLOSES.get(name)
        while closes and self.open_elements and self.open_elements[-1] in closes:
            self.open_elements.pop()
        self.open_elements.append(name)

    def end_tag(self, name):
        handler = getattr(self, "end_tag_" + name, None)
        if handler is not None:
            handler(name)
        elif name in VOID:
            self.error("unexpected-end-tag", {"name": name})
        else:
            self.end_tag_other(name)

    def end_tag_body(self, name):
        if "body" not in self.open_elements:
            self.error("unexpected-end-tag", {"name": name})
            return
        if self.open_elements[-1] != "body":
            start = self.open_elements.index("body")
            for other in self.open_elements[start + 1:]:
                if other not in MAY_STAY_OPEN:
                    self.error("expected-one-end-tag-but-got-another", {"expected": other, "got": name})
                    break
        self._close_through("body")
        self._after_body = True

    def end_tag_html(self, name):
        if "body" in self.open_elements:
            self.end_tag_body("body")
        if "html" in self.open_elements:
            self._close_through("html")

    def end_tag_p(self, name):
        if name not in self.open_elements:
            self.error("unexpected-end-tag-implies-element", {"name": name})
            return
        self.end_tag_other(name)

    def end_tag_other(self, name):
        if name not in self.open_elements:
            self.error("unexpected-end-tag", {"name": name})
            return
        while self.open_elements[-1] != name:
            inner = self.open_elements.pop()
            if inner not in MAY_STAY_OPEN:
                self.error("end-tag-too-early", {"name": name, "inner": inner})
        self.open_elements.pop()

    def end_of_file(self):
        for name in self.open_elements:
            if name not in MAY_STAY_OPEN:
                self.error("expected-closing-tag-but-got-eof", {"name": name})

    def _close_through(self, name):
        while self.open_elements.pop() != name:
            pass


def check(document):
    """Return the messages for a document."""
    checker = Checker()
    checker.check(document)
    return checker.messages()
