"""Reads the global records of a workbook stream.

A record is a little-endian pair of unsigned shorts, kind and length, followed by its payload.
"""

import sys
from struct import pack, unpack

CODEPAGE = 0x42
BOUNDSHEET = 0x85
DATEMODE = 0x22
EOF_RECORD = 0x0A

SHEET_WORKSHEET = 0
SHEET_KINDS = {1: "Macro sheet", 2: "Chart", 6: "Visual Basic module"}

VISIBILITIES = {0: "visible", 1: "hidden", 2: "very hidden"}
ENCODINGS = {367: "ascii", 1200: "utf_16_le", 1252: "cp1252", 65001: "utf_8"}


class WorkbookError(Exception):
    pass


class Workbook:
    """The sheets and settings found in the global records.

    `verbosity` says how much goes to `log`: 0 nothing, 1 notes about data that is left out,
    2 every record.
    """

    def __init__(self, log=None, verbosity=0):
        self.log = log or sys.stdout
        self.verbosity = verbosity
        self.encoding = "ascii"
        self.datemode = 0
        self.sheet_names = []
        self.sheet_map = []
        self._positions = []
        self._visibilities = []
        self._number_of_name = {}

    @property
    def nsheets(self):
        return len(self.sheet_names)

    def position_of(self, name):
        return self._positions[self.number_of(name)]

    def visibility_of(self, name):
        return self._visibilities[self.number_of(name)]

    def number_of(self, name):
        try:
            return self._number_of_name[name]
        except KeyError:
            raise WorkbookError(f"no sheet named {name!r}") from None

    def read(self, data):
        for kind, payload in records(data):
            if kind == CODEPAGE:
                self.handle_codepage(payload)
            elif kind == BOUNDSHEET:
                self.handle_boundsheet(payload)
            elif kind == DATEMODE:
                self.handle_datemode(payload)
            elif kind == EOF_RECORD:
                return self
            elif self.verbosity >= 2:
                self.note(f"unused record 0x{kind:02x} of {len(payload)} bytes")
        raise WorkbookError("the global records have no end")

    def note(self, text):
        print("NOTE", text, file=self.log)

    def handle_codepage(self, payload):
        (number,) = unpack("<H", payload[:2])
        try:
            self.encoding = ENCODINGS[number]
        except KeyError:
            raise WorkbookError(f"code page {number} is not supported") from None
        if self.verbosity >= 2:
            self.note(f"code page {number} is {self.encoding}")

    def handle_datemode(self, payload):
        (mode,) = unpack("<H", payload[:2])
        if mode not in (0, 1):
            raise WorkbookError(f"date mode {mode} is not 0 or 1")
        if self.verbosity >= 2:
            self.note(f"date mode {mode}")
        self.datemode = mode

    def handle_boundsheet(self, payload):
        position, visibility, sheet_kind, length = unpack("<IBBB", payload[:7])
        name = payload[7:7 + length].decode(self.encoding)
        if self.verbosity >= 2:
            self.note(f"sheet {name!r} of kind 0x{sheet_kind:02x} at {position}")
        if sheet_kind != SHEET_WORKSHEET:
            self.sheet_map.append(-1)
            description = SHEET_KINDS.get(sheet_kind, "UNKNOWN")
            self.note(f"ignoring {name!r}, no worksheet (0x{sheet_kind:02x} = {description})")
        else:
            number = len(self.sheet_names)
            self.sheet_map.append(number)
            self.sheet_names.append(name)
            self._positions.append(position)
            self._visibilities.append(VISIBILITIES.get(visibility, "unknown"))
            self._number_of_name[name] = number


def records(data):
    """Pairs of kind and payload."""
    place = 0
    while place < len(data):
        kind, length = unpack("<HH", data[place:place + 4])
        place += 4
        yield kind, data[place:place + length]
        place += length


def record(kind, payload=b""):
    return pack("<HH", kind, len(payload)) + payload


def boundsheet(name, position=0, visibility=0, sheet_kind=SHEET_WORKSHEET, encoding="ascii"):
    encoded = name.encode(encoding)
    return record(BOUNDSHEET, pack("<IBBB", position, visibility, sheet_kind, len(encoded)) + encoded)
