"""A forgiving parser for a small markup language."""

import re

_TOKEN = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)\s*>|([^<]+|<)")


class Parser:
    """Feeds the tags and texts of a document to a fresh builder."""

    def __init__(self, builder):
        self.make_builder = builder
        self.tokens = 0

    def parse(self, text):
        builder = self.make_builder()
        for match in _TOKEN.finditer(text):
            self.tokens += 1
            closing, name, data = match.groups()
            if data is not None:
                builder.data(data)
            elif closing:
                builder.end(name.lower())
            else:
                builder.start(name.lower())
        return builder
