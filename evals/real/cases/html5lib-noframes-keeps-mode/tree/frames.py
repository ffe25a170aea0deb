"""Parses pages that consist of frames, with a fallback for readers without them."""

import re

from modes import Mode
from tree import Element

_TOKEN = re.compile(r"<(/?)(\w+)((?:\s+\w+=\w+)*)\s*>|([^<]+)")


class BeforeFrames(Mode):
    START = {"frameset": "start_frameset"}

    def start_frameset(self, name, attributes):
        self.parser.insert(name, attributes)
        self.parser.switch("in_frameset")

    def start_other(self, name, attributes):
        self.parser.switch("in_body")
        self.parser.start_tag(name, attributes)

    def text(self, data):
        if data.strip():
            self.parser.switch("in_body")
            self.parser.text(data)


class InBody(Mode):
    START = {
        "frameset": "start_misplaced",
        "frame": "start_misplaced",
        "br": "start_void",
        "img": "start_void",
    }

    def start_misplaced(self, name, attributes):
        self.parser.error(f"{name} inside of the text")

    def start_void(self, name, attributes):
        self.parser.insert(name, attributes)
        self.parser.open.pop()

    def start_other(self, name, attributes):
        self.parser.insert(name, attributes)

    def end_other(self, name):
        if any(element.name == name for element in self.parser.open[1:]):
            while self.parser.open.pop().name != name:
                pass
        else:
            self.parser.error(f"unexpected end of {name}")

    def text(self, data):
        self.parser.insert_text(data)


class InFrameset(Mode):
    START = {"frameset": "start_frameset", "frame": "start_frame", "noframes": "start_noframes"}
    END = {"frameset": "end_frameset", "noframes": "end_noframes"}

    def start_frameset(self, name, attributes):
        self.parser.insert(name, attributes)

    def start_frame(self, name, attributes):
        self.parser.insert(name, attributes)
        self.parser.open.pop()

    def start_noframes(self, name, attributes):
        self.parser.switch("in_body")
        self.parser.start_tag(name, attributes)

    def end_noframes(self, name):
        InBody(self.parser).end_tag(name)

    def end_frameset(self, name):
        if self.parser.current.name != "frameset":
            self.parser.error("unexpected end of frameset")
            return
        self.parser.open.pop()
        if self.parser.current.name != "frameset":
            self.parser.switch("after_frameset")

    def text(self, data):
        if self.parser.current.name == "noframes":
            InBody(self.parser).text(data)
        else:
            super().text(data)


class AfterFrameset(Mode):
    START = {"noframes": "start_noframes"}
    END = {"noframes": "end_noframes"}

    def start_noframes(self, name, attributes):
        InBody(self.parser).start_tag(name, attributes)

    def end_noframes(self, name):
        InBody(self.parser).end_tag(name)

    def text(self, data):
        if self.parser.current.name == "noframes":
            InBody(self.parser).text(data)
        else:
            super().text(data)


class FrameParser:
    """Feeds tokens to the present mode, which builds the tree."""

    MODES = {
        "before_frames": BeforeFrames,
        "in_body": InBody,
        "in_frameset": InFrameset,
        "after_frameset": AfterFrameset,
    }

    def __init__(self):
        self.errors = []
        self.root = Element("html")
        self.open = [self.root]
        self.switch("before_frames")

    @property
    def current(self):
        return self.open[-1]

    def switch(self, name):
        self.mode_name = name
        self._mode = self.MODES[name](self)

    def error(self, message):
        self.errors.append(message)

    def insert(self, name, attributes):
        element = Element(name, attributes)
        self.current.children.append(element)
        self.open.append(element)

    def insert_text(self, data):
        self.current.children.append(repr(data))

    def start_tag(self, name, attributes):
        self._mode.start_tag(name, attributes)

    def text(self, data):
        self._mode.text(data)

    def parse(self, source):
        """Parse a page and return the root of its tree."""
        for closing, name, attributes, data in _TOKEN.findall(source):
            if data:
                self.text(data)
            elif closing:
                self._mode.end_tag(name)
            else:
                self.start_tag(name, dict(pair.split("=") for pair in attributes.split()))
        return self.root
