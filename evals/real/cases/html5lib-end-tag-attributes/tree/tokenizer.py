"""Cuts a page into tokens: dictionaries with a type, a name or text, and attributes."""

import re

_TAG = re.compile(r"<(/?)([A-Za-z][\w:-]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*?)(/?)>")
_ATTRIBUTE = re.compile(r"([^\s=/]+)(?:\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s\"']+))?")
_COMMENT = re.compile(r"<!--(.*?)-->", re.DOTALL)


def _attributes(text):
    pairs = []
    for name, value in _ATTRIBUTE.findall(text):
        if value[:1] in ("'", '"'):
            value = value[1:-1]
        pairs.append((name, value))
    return pairs


def tokens(source):
    """Yield the tokens of a page."""
    position = 0
    while position < len(source):
        comment = _COMMENT.match(source, position)
        tag = comment is None and _TAG.match(source, position)
        if comment:
            yield {"type": "Comment", "data": comment.group(1)}
            position = comment.end()
        elif tag:
            closing, name, attributes, slash = tag.groups()
            kind = "EndTag" if closing else "EmptyTag" if slash else "StartTag"
            yield {"type": kind, "name": name, "data": _attributes(attributes)}
            position = tag.end()
        else:
            following = source.find("<", position + 1)
            end = following if following >= 0 else len(source)
            yield {"type": "Characters", "data": source[position:end]}
            position = end
