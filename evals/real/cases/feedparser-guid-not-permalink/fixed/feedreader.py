"""Reads the entries of a feed into dictionaries."""

import xml.etree.ElementTree as ET
from urllib.parse import urljoin

from cleaning import collapse, decode_content, looks_like_html

XML = "{http://www.w3.org/XML/1998/namespace}"

NAMES = {
    "guid": "id",
    "description": "summary",
    "content": "content",
    "pubdate": "published",
    "url": "link",
}
URI_ELEMENTS = frozenset(["id", "link", "comments", "docs", "icon", "logo"])
TEXT_ELEMENTS = frozenset(["title", "summary", "content", "rights"])


def local_name(tag):
    return tag.rpartition("}")[2].lower()


class FeedReader:
    """Walks through the document once; the outcome is in `feed` and `entries`."""

    def __init__(self, base=""):
        self.base = base
        self.feed = {}
        self.entries = []
        self.guid_is_link = False
        self._bases = [base]
        self._target = self.feed

    @property
    def base_uri(self):
        return self._bases[-1]

    def read(self, document):
        root = ET.fromstring(document)
        for channel in root.iter():
            if local_name(channel.tag) in ("channel", "feed"):
                self._read_channel(channel)
                break
        return self

    def _read_channel(self, channel):
        self._push_base(channel)
        for element in channel:
            if local_name(element.tag) in ("item", "entry"):
                self._read_entry(element)
            else:
                self._read_element(element)
        self._bases.pop()

    def _read_entry(self, element):
        entry = {}
        self.entries.append(entry)
        self._target = entry
        self.guid_is_link = False
        self._push_base(element)
        for child in element:
            self._read_element(child)
        self._bases.pop()
        self._target = self.feed
        if self.guid_is_link and "id" in entry:
            entry.setdefault("link", entry["id"])

    def _read_element(self, element):
        self._push_base(element)
        name = local_name(element.tag)
        handler = getattr(self, "_start_" + name, None)
        if handler is not None:
            handler(element)
        name = NAMES.get(name, name)
        value = self._value(name, element)
        if value:
            self._store(name, value)
        self._bases.pop()

    def _start_guid(self, element):
        self.guid_is_link = element.get("isPermaLink", "true").strip().lower() == "true"

    def _start_id(self, element):
        self.guid_is_link = False

    def _push_base(self, element):
        self._bases.append(self.resolve(element.get(XML + "base", "")))

    def resolve(self, address):
        """Return `address` as an absolute one, as far as the base is known."""
        return urljoin(self.base_uri, address)

    def _value(self, name, element):
        """The text of an element, ready to be stored under `name`."""
        if name == "link" and element.get("href"):
            return self.resolve(element.get("href").strip())
        output = element.text or ""
        if name not in TEXT_ELEMENTS:
            output = output.strip()

        if name in URI_ELEMENTS and output:
            if name != "id" or self.guid_is_link:
                output = self.resolve(output)

        if name in TEXT_ELEMENTS:
            output = decode_content(output, element.get("type", "text"))
            if not looks_like_html(output):
                output = collapse(output)
        return output

    def _store(self, name, value):
        if name == "category":
            self._target.setdefault("tags", []).append(value)
        elif name == "content":
            self._target.setdefault("content", []).append(value)
        else:
            self._target.setdefault(name, value)


def read_feed(document, base=""):
    return FeedReader(base).read(document)
