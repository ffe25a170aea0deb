"""Puts the text of feed elements in order."""

import base64
import binascii
import re

_TAG = re.compile(r"</?[a-z][a-z0-9]*(\s[^>]*)?/?>", re.IGNORECASE)
_SPACE = re.compile(r"\s+")


def decode_content(text, content_type):
    """Undo the base64 encoding of content whose type is not a textual one."""
    if content_type in ("text", "html", "xhtml") or content_type.startswith("text/"):
        return text
    try:
        return base64.b64decode(text, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return text


def looks_like_html(text):
    return _TAG.search(text) is not None


def collapse(text):
    return _SPACE.sub(" ", text).strip()
