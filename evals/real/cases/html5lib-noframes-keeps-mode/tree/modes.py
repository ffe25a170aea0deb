"""What all insertion modes have in common."""


class Mode:
    """The rules by which tokens are taken; the tables name the methods for the tags known."""

    START = {}
    END = {}

    def __init__(self, parser):
        self.parser = parser

    def start_tag(self, name, attributes):
        getattr(self, self.START.get(name, "start_other"))(name, attributes)

    def end_tag(self, name):
        getattr(self, self.END.get(name, "end_other"))(name)

    def text(self, data):
        if data.strip():
            self.parser.error(f"unexpected text {data.strip()!r}")

    def start_other(self, name, attributes):
        self.parser.error(f"unexpected start of {name}")

    def end_other(self, name):
        self.parser.error(f"unexpected end of {name}")
