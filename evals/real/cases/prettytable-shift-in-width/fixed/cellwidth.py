"""How many terminal columns a text takes, and padding by that measure."""

import re

ESCAPE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|\x1b\(B")

WIDE_RANGES = (
    (0x1100, 0x115F),
    (0x2E80, 0x303E),
    (0x3041, 0x309F),
    (0x30A0, 0x30FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xAC00, 0xD7A3),
    (0xFF01, 0xFF60),
)


def char_width(code):
    """Columns taken by the character with this code."""
    # Printable ASCII is by far the most frequent
    if 0x20 <= code < 0x7F:
        return 1
    if any(low <= code <= high for low, high in WIDE_RANGES):
        return 2
    # Combining marks sit on the character before
    if 0x0300 <= code <= 0x036F:
        return 0
    # Backspace and delete go back
    if code in (0x08, 0x7F):
        return -1
    # Controls that terminals swallow
    if code in (0x00, 0x0F, 0x1F):
        return 0
    return 1


def text_width(text):
    """Columns taken by one line of text, escape sequences not counted."""
    return sum(char_width(ord(char)) for char in ESCAPE.sub("", text))


def block_size(text):
    """Width and height of a text of several lines."""
    lines = text.split("\n")
    return max(map(text_width, lines)), len(lines)


def pad(text, width, align="l"):
    """Fill up with spaces to `width` columns; longer text stays as it is."""
    excess = max(width - text_width(text), 0)
    if align == "l":
        return text + " " * excess
    if align == "r":
        return " " * excess + text
    if align == "c":
        left = excess // 2
        return " " * left + text + " " * (excess - left)
    raise ValueError(f"the alignment {align!r} is not one of l, c and r")


def wrap(text, width):
    """Break a line into pieces of at most `width` columns each."""
    pieces = []
    piece = ""
    for char in text:
        if piece and text_width(piece + char) > width:
            pieces.append(piece)
            piece = ""
        piece += char
    pieces.append(piece)
    return pieces


def columns(rows, gap=2, align="l"):
    """The rows as lines of text with their cells in columns."""
    widths = [max(text_width(cell) for cell in column) for column in zip(*rows)]
    lines = []
    for row in rows:
        cells = [pad(cell, width, align) for cell, width in zip(row, widths)]
        lines.append((" " * gap).join(cells).rstrip(" "))
    return lines
