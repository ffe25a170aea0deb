"""How single characters are written inside a JSON string."""

import re

SHORT = {"\\": "\\\\", '"': '\\"', "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
for code in range(0x20):
    SHORT.setdefault(chr(code), f"\\u{code:04x}")

NOT_PLAIN = re.compile(r'[\\"]|[^ -~]')


def escape_character(char):
    if char in SHORT:
        return SHORT[char]
    code = ord(char)
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xd800 | code >> 10:04x}\\u{0xdc00 | code & 0x3ff:04x}"


def escape_ascii(text):
    return NOT_PLAIN.sub(lambda match: escape_character(match.group(0)), text)
