"""Reads the table of shared strings of a spreadsheet."""

import re
import xml.etree.ElementTree as ET

from pycompat import *

NAMESPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
SPACE_ATTRIBUTE = "{http://www.w3.org/XML/1998/namespace}space"
XML_WHITESPACE = "\t\n \r"

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def _character(match):
    return unichr(int(match.group(1), 16))


def unescape(text):
    """Replace the spreadsheet's own escapes for characters which XML does not allow."""
    if "_x" in text:
        return _ESCAPED.sub(_character, text)
    return text


def element_text(element):
    """Return the text of a <t> element."""
    text = element.text
    if text is None:
        return ""
    if element.get(SPACE_ATTRIBUTE) != "preserve":
        text = text.strip(XML_WHITESPACE)
    return ensure_text(unescape(text))


def item_text(item):
    """Return the text of an <si> element, the runs of a rich one joined."""
    parts = []
    for child in item:
        if child.tag == NAMESPACE + "t":
            parts.append(element_text(child))
        elif child.tag == NAMESPACE + "r":
            parts.extend(element_text(part) for part in child.iter(NAMESPACE + "t"))
    return "".join(parts)


class SharedStrings:
    """The strings in their order; cells refer to them by number."""

    def __init__(self):
        self._strings = []
        self.declared = None

    @classmethod
    def parse(cls, document):
        table = cls()
        root = ET.parse(byte_stream(document)).getroot()
        if root.tag != NAMESPACE + "sst":
            raise ValueError("not a table of shared strings: %s" % root.tag)
        count = root.get("uniqueCount")
        table.declared = int(count) if count else None
        for item in root.findall(NAMESPACE + "si"):
            table._strings.append(item_text(item))
        return table

    def __len__(self):
        return len(self._strings)

    def __getitem__(self, number):
        return self._strings[number]

    def resolve(self, reference):
        """Return the string for the text of a cell of type "s"."""
        number = int(reference)
        if not 0 <= number < len(self._strings):
            raise IndexError("no shared string %d" % number)
        return self._strings[number]

    def is_complete(self):
        return self.declared is None or self.declared == len(self._strings)

    def dump(self):
        return [quoted(string) for string in self._strings]
