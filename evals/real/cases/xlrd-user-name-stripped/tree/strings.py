"""The text fields of the record format."""

from struct import unpack_from

WIDE = 0x01


def unpack_short_text(data, place, encoding):
    """Text in an encoding of eight bits behind a length of one byte."""
    length = data[place]
    return data[place + 1:place + 1 + length].decode(encoding)


def unpack_text(data, place):
    """Text behind its length in characters (two bytes) and a byte of options.

    Characters take one byte, or two with the option WIDE. Raises UnicodeDecodeError when the
    bytes at hand do not make up whole characters.
    """
    (length,) = unpack_from("<H", data, place)
    place += 2
    if not length and len(data) == place:
        return ""
    options = data[place]
    place += 1
    if options & WIDE:
        return data[place:place + 2 * length].decode("utf_16_le")
    return data[place:place + length].decode("latin_1")
