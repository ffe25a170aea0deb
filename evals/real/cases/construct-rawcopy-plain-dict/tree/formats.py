"""Declarative binary formats: each one parses from a stream and builds into a stream."""

import struct
from io import BytesIO

from container import Container


class FormatError(Exception):
    pass


def read_exactly(stream, count):
    data = stream.read(count)
    if len(data) != count:
        raise FormatError(f"could not read enough bytes, expected {count}, found {len(data)}")
    return data


class Format:
    """What all formats share; subclasses give `read` and `write`."""

    name = None

    def parse(self, data):
        return self.read(BytesIO(data), Container())

    def build(self, value):
        stream = BytesIO()
        self.write(value, stream, Container())
        return stream.getvalue()

    def read(self, stream, context):
        raise NotImplementedError

    def write(self, value, stream, context):
        """Write `value`; return what later formats may know about it, or None."""
        raise NotImplementedError

    def __rtruediv__(self, name):
        return Named(name, self)


class Named(Format):
    def __init__(self, name, inner):
        self.name = name
        self.inner = inner

    def read(self, stream, context):
        return self.inner.read(stream, context)

    def write(self, value, stream, context):
        return self.inner.write(value, stream, context)


class Number(Format):
    def __init__(self, code):
        self.code = code
        self.size = struct.calcsize(code)

    def read(self, stream, context):
        return struct.unpack(self.code, read_exactly(stream, self.size))[0]

    def write(self, value, stream, context):
        stream.write(struct.pack(self.code, value))


class Blob(Format):
    """Bytes whose number is fixed, or computed from the context."""

    def __init__(self, length):
        self.length = length

    def read(self, stream, context):
        return read_exactly(stream, self.length(context) if callable(self.length) else self.length)

    def write(self, value, stream, context):
        stream.write(value)


class Record(Format):
    def __init__(self, *fields):
        self.fields = fields

    def read(self, stream, context):
        result = Container()
        inner = Container(_=context)
        for field in self.fields:
            value = field.read(stream, inner)
            if field.name:
                result[field.name] = inner[field.name] = value
        return result

    def write(self, value, stream, context):
        inner = Container(value, _=context)
        for field in self.fields:
            built = field.write(value.get(field.name), stream, inner)
            if built is not None and field.name:
                inner[field.name] = built
        return inner


class Raw(Format):
    """Keeps the bytes of the inner format together with its value.

    Builds from `data` if that is given, else from `value`.
    """

    def __init__(self, inner):
        self.inner = inner

    def read(self, stream, context):
        start = stream.tell()
        value = self.inner.read(stream, context)
        end = stream.tell()
        stream.seek(start)
        data = read_exactly(stream, end - start)
        return dict(data=data, value=value, start=start, end=end, length=end - start)

    def write(self, obj, stream, context):
        if "data" in obj:
            data = obj["data"]
            stream.write(data)
            return dict(data=data, length=len(data))
        if "value" in obj:
            value = obj["value"]
            data = self.inner.build(value)
            stream.write(data)
            return dict(data=data, value=value, length=len(data))
        raise FormatError("neither data nor value is given")


class Computed(Format):
    """Writes `function(context)` in the inner format, and checks it when reading."""

    def __init__(self, inner, function):
        self.inner = inner
        self.function = function

    def read(self, stream, context):
        found = self.inner.read(stream, context)
        if found != self.function(context):
            raise FormatError(f"wrong computed value {found!r}")
        return found

    def write(self, value, stream, context):
        self.inner.write(self.function(context), stream, context)
