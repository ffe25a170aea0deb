"""Declarative binary formats: each format parses bytes to values and builds bytes from them."""

import io
import struct


class FormatError(Exception):
    pass


class ShortRead(FormatError):
    pass


def read_exactly(stream, length):
    data = stream.read(length)
    if len(data) != length:
        raise ShortRead(f"{length} bytes expected, {len(data)} found")
    return data


class Format:
    """Base class: subclasses define `_parse`, `_build` and `_sizeof`.

    The context is a dictionary of the fields of the enclosing structure read so far.
    """

    def parse(self, data, context=None):
        return self._parse(io.BytesIO(data), {} if context is None else context)

    def build(self, value, context=None):
        stream = io.BytesIO()
        self._build(value, stream, {} if context is None else context)
        return stream.getvalue()

    def sizeof(self, context=None):
        return self._sizeof({} if context is None else context)


class Number(Format):
    def __init__(self, code):
        self.struct = struct.Struct(code)

    def _parse(self, stream, context):
        return self.struct.unpack(read_exactly(stream, self.struct.size))[0]

    def _build(self, value, stream, context):
        try:
            stream.write(self.struct.pack(value))
        except struct.error as error:
            raise FormatError(str(error)) from None

    def _sizeof(self, context):
        return self.struct.size


BYTE = Number(">B")
SHORT = Number(">H")
LONG = Number(">L")


class Repeat(Format):
    """The same format a number of times; the number may be a function of the context."""

    def __init__(self, count, inner):
        self.count = count
        self.inner = inner

    def _times(self, context):
        return self.count(context) if callable(self.count) else self.count

    def _parse(self, stream, context):
        return [self.inner._parse(stream, context) for _ in range(self._times(context))]

    def _build(self, value, stream, context):
        if len(value) != self._times(context):
            raise FormatError(f"{self._times(context)} elements expected, {len(value)} found")
        for item in value:
            self.inner._build(item, stream, context)

    def _sizeof(self, context):
        return self._times(context) * self.inner._sizeof(context)


class Layout(Format):
    """Named fields one after the other."""

    def __init__(self, **fields):
        self.fields = fields

    def _parse(self, stream, context):
        inner = {"_": context}
        for name, field in self.fields.items():
            inner[name] = field._parse(stream, inner)
        del inner["_"]
        return inner

    def _build(self, value, stream, context):
        inner = {"_": context, **value}
        for name, field in self.fields.items():
            field._build(value[name], stream, inner)

    def _sizeof(self, context):
        return sum(field._sizeof(context) for field in self.fields.values())


class Wrapper(Format):
    """A format around another one."""

    def __init__(self, inner):
        self.inner = inner

    def _build(self, value, stream, context):
        self.inner._build(value, stream, context)

    def _sizeof(self, context):
        return self.inner._sizeof(context)


class Mapped(Wrapper):
    """Translates the parsed value through functions both ways."""

    def __init__(self, inner, decode, encode):
        super().__init__(inner)
        self.decode = decode
        self.encode = encode

    def _parse(self, stream, context):
        return self.decode(self.inner._parse(stream, context))

    def _build(self, value, stream, context):
        self.inner._build(self.encode(value), stream, context)


class Deferred(Wrapper):
    """Takes its bytes from the stream at once and parses them only when called for.

    The parsed value is a function without parameters, which returns the actual value.
    """

    def _parse(self, stream, context):
        data = read_exactly(stream, self.inner._sizeof(context))
        return lambda ctx: self.inner.parse(data, context)

    def _build(self, value, stream, context):
        self.inner._build(value() if callable(value) else value, stream, context)
