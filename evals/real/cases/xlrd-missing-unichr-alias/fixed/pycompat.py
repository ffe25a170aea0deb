"""Names which differ between the versions of the language."""

import sys

if sys.version_info[0] >= 3:
    from io import BytesIO

    text_type = str
    binary_types = (bytes, bytearray)
    quoted = ascii
    unichr = chr

    def ensure_text(value):
        return value

    def byte_stream(data):
        return BytesIO(data if isinstance(data, binary_types) else data.encode("utf-8"))
else:
    from cStringIO import StringIO

    text_type = unicode
    binary_types = (str, bytearray)
    quoted = repr
    unichr = unichr

    def ensure_text(value):
        return value if isinstance(value, unicode) else value.decode("latin-1")

    def byte_stream(data):
        return StringIO(data.encode("utf-8") if isinstance(data, unicode) else data)
