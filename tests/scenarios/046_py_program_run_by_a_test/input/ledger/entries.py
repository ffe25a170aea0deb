"""Reading the journal: one entry a line, `DATE;ACCOUNT;CENTS;NOTE`."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Entry:
    day: date
    account: str
    cents: int
    note: str = ""


class BadLine(ValueError):
    def __init__(self, number, text):
        super().__init__("line %d is no entry: %r" % (number, text))
        self.number = number


def parse_line(number, text):
    fields = [field.strip() for field in text.split(";", 3)]
    if len(fields) < 3:
        raise BadLine(number, text)
    try:
        day = date.fromisoformat(fields[0])
        cents = int(fields[2])
    except ValueError:
        raise BadLine(number, text) from None
    note = fields[3] if len(fields) > 3 else ""
    return Entry(day, fields[1], cents, note)


def read(lines):
    entries = []
    for number, text in enumerate(lines, 1):
        text = text.strip()
        if not text or text.startswith("#"):
            continue
        entries.append(parse_line(number, text))
    return sorted(entries, key=lambda entry: entry.day)
