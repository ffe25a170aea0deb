"""The document properties at the start of a spreadsheet stream."""

from struct import pack, unpack, unpack_from

from strings import WIDE, unpack_short_text, unpack_text

WRITE_ACCESS = 0x5C
CODE_PAGE = 0x42
COUNTRY = 0x8C
WINDOW = 0x3D
END = 0x0A

WRITE_ACCESS_SIZE = 112
CODE_PAGES = {367: "ascii", 437: "cp437", 1200: "utf_16_le", 1252: "cp1252"}


class PropertyError(Exception):
    pass


class Properties:
    """What the records up to the end mark say about the document as a whole.

    In old versions (below 80) the user name may precede the record that tells its encoding; the
    bytes are then kept until the encoding is known.
    """

    def __init__(self, version=80):
        self.version = version
        self.encoding = None
        self.user_name = ""
        self.countries = (0, 0)
        self.active_sheet = 0
        self._raw_user_name = None

    def read(self, data):
        handlers = {
            WRITE_ACCESS: self.handle_write_access,
            CODE_PAGE: self.handle_code_page,
            COUNTRY: self.handle_country,
            WINDOW: self.handle_window,
        }
        for kind, payload in split_records(data):
            if kind == END:
                self.finish()
                return self
            if kind in handlers:
                handlers[kind](payload)
        raise PropertyError("the end mark is missing")

    def finish(self):
        if self._raw_user_name is not None:
            self.encoding = self.encoding or "ascii"
            text = unpack_short_text(self._raw_user_name, 0, self.encoding)
            self.user_name = text.rstrip()
            self._raw_user_name = None

    def handle_code_page(self, payload):
        (number,) = unpack("<H", payload)
        if number not in CODE_PAGES:
            raise PropertyError(f"unknown code page {number}")
        self.encoding = CODE_PAGES[number]

    def handle_country(self, payload):
        self.countries = unpack("<HH", payload[:4])

    def handle_window(self, payload):
        (self.active_sheet,) = unpack_from("<H", payload, 10)

    def handle_write_access(self, payload):
        """The name of the user who saved last, padded with spaces."""
        if self.version < 80:
            if not self.encoding:
                self._raw_user_name = payload
                return
            text = unpack_short_text(payload, 0, self.encoding)
        else:
            text = unpack_text(payload.strip(), 0)
        self.user_name = text.rstrip()


def split_records(data):
    """Pairs of kind and payload."""
    place = 0
    while place < len(data):
        kind, size = unpack_from("<HH", data, place)
        place += 4
        yield kind, data[place:place + size]
        place += size


def record(kind, payload=b""):
    return pack("<HH", kind, len(payload)) + payload


def write_access(name):
    """The record of a user name in the current version."""
    try:
        options, encoded = 0, name.encode("latin_1")
    except UnicodeEncodeError:
        options, encoded = WIDE, name.encode("utf_16_le")
    payload = pack("<HB", len(name), options) + encoded
    return record(WRITE_ACCESS, payload.ljust(WRITE_ACCESS_SIZE, b" "))
