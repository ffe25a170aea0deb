"""Reads the entries of simple feeds, with drawings allowed in their content."""

from html.parser import HTMLParser

PREFIXES = {"dc": "dc", "media": "media", "atom": "", "svg": "svg"}


def escape(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


class FeedParser(HTMLParser):
    """Calls a method for each element known, as in ``start_title`` or ``end_dc_creator``.

    The elements of a drawing belong to the content around it and mean nothing else.
    """

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.feed_data = {}
        self.entries = []
        self.in_content = False
        self.in_drawing = False
        self._stack = []
        self._content = []

    # Elements

    def handle_starttag(self, tag, attrs):
        prefix, name = self._split(tag)
        if name == "svg":
            self.in_drawing = True
        if self.in_content:
            self._content.append(self._format(tag, attrs))
        try:
            if self.in_drawing:
                raise AttributeError(name)
            method = getattr(self, f"start_{prefix}{name}")
        except AttributeError:
            self.push(prefix + name)
        else:
            method(dict(attrs))

    def handle_endtag(self, tag):
        prefix, name = self._split(tag)
        if name == "svg":
            self.in_drawing = False
        try:
            method = getattr(self, f"end_{prefix}{name}")
        except AttributeError:
            self.pop(prefix + name)
        else:
            method()
        if self.in_content:
            self._content.append(f"</{tag}>")

    def handle_data(self, data):
        if self.in_content:
            self._content.append(escape(data))
        if self._stack:
            self._stack[-1][1].append(data)

    def _split(self, tag):
        prefix, colon, name = tag.rpartition(":")
        prefix = PREFIXES.get(prefix, prefix)
        return (prefix + "_" if prefix else ""), name

    def _format(self, tag, attrs):
        return "<" + "".join([tag, *(f' {name}="{escape(value or "")}"' for name, value in attrs)]) + ">"

    # Values

    def push(self, name):
        self._stack.append((name, []))

    def pop(self, name):
        """Close an element and return its text; elements left open inside of it are closed too."""
        if not any(opened == name for opened, _ in self._stack):
            return ""
        text = ""
        while self._stack:
            opened, pieces = self._stack.pop()
            text = "".join(pieces) + text
            if opened == name:
                break
        return text.strip()

    @property
    def target(self):
        return self.entries[-1] if self.entries else self.feed_data

    def start_entry(self, attrs):
        self.push("entry")
        self.entries.append({})

    def end_entry(self):
        self.pop("entry")

    start_item, end_item = start_entry, end_entry

    def start_content(self, attrs):
        self.push("content")
        self._content = []
        self.in_content = True

    def end_content(self):
        self.in_content = False
        self.pop("content")
        self.target["content"] = "".join(self._content).strip()

    def start_title(self, attrs):
        self.push("title")

    def end_title(self):
        text = self.pop("title")
        if not self.in_content:
            self.target["title"] = text

    def start_dc_title(self, attrs):
        self.push("dc_title")

    def end_dc_title(self):
        self.target["title"] = self.pop("dc_title")

    def start_dc_creator(self, attrs):
        self.push("dc_creator")

    def end_dc_creator(self):
        self.target["author"] = self.pop("dc_creator")

    def start_link(self, attrs):
        if not self.in_content:
            self.target.setdefault("links", []).append(attrs.get("href", ""))
        self.push("link")

    def end_link(self):
        self.pop("link")


def parse(text):
    """Return the data of a feed itself, and a list with those of its entries."""
    parser = FeedParser()
    parser.feed(text)
    parser.close()
    return parser.feed_data, parser.entries
