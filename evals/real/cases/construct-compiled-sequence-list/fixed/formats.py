"""Binary formats that can be interpreted, or compiled to Python code for speed."""

import struct
from io import BytesIO

from codegen import Code
from results import ListResult, Result


class Format:
    name = None

    def parse(self, data):
        return self.read(BytesIO(data), Result())

    def named(self, name):
        return Named(name, self)

    def compile(self):
        """Return a format that does the same by generated code."""
        code = Code()
        code.append("from formats import read_exactly")
        code.append("from results import Result")
        code.append("import struct")
        expression = self.emit(code)
        code.append(f"""
            def parse_all(io, this):
                return {expression}
        """)
        return Compiled(self, code)


def read_exactly(stream, count):
    data = stream.read(count)
    if len(data) != count:
        raise ValueError(f"expected {count} bytes, found {len(data)}")
    return data


class Compiled(Format):
    def __init__(self, origin, code):
        self.origin = origin
        self.source = code.source()
        self._namespace = code.run()

    def read(self, stream, context):
        return self._namespace["parse_all"](stream, context)


class Named(Format):
    def __init__(self, name, inner):
        self.name = name
        self.inner = inner

    def read(self, stream, context):
        return self.inner.read(stream, context)

    def emit(self, code):
        return self.inner.emit(code)


class Number(Format):
    def __init__(self, code):
        self.code = code

    def read(self, stream, context):
        return struct.unpack(self.code, read_exactly(stream, struct.calcsize(self.code)))[0]

    def emit(self, code):
        size = struct.calcsize(self.code)
        return f"struct.unpack({self.code!r}, read_exactly(io, {size}))[0]"


class Record(Format):
    """Fields with names; the result is addressed by them."""

    def __init__(self, *fields):
        self.fields = fields

    def read(self, stream, context):
        result = Result()
        for field in self.fields:
            value = field.read(stream, result)
            if field.name:
                result[field.name] = value
        return result

    def emit(self, code):
        function = code.name("record")
        block = f"""
            def {function}(io, context):
                this = Result()
        """
        for field in self.fields:
            target = f"this[{field.name!r}] = " if field.name else ""
            block += f"""
                {target}{field.emit(code)}
            """
        code.append(block + """
                return this
        """)
        return f"{function}(io, this)"


class Sequence(Format):
    """Items one after the other; those with a name can be referred to by later ones."""

    def __init__(self, *items):
        self.items = items

    def read(self, stream, context):
        result = ListResult()
        inner = Result()
        for item in self.items:
            value = item.read(stream, inner)
            result.append(value)
            if item.name:
                inner[item.name] = value
        return result

    def emit(self, code):
        code.append("from results import ListResult")
        function = code.name("sequence")
        block = f"""
            def {function}(io, context):
                result = ListResult()
                this = Result()
        """
        for item in self.items:
            block += f"""
                result.append({item.emit(code)})
            """
            if item.name:
                block += f"""
                this[{item.name!r}] = result[-1]
                """
        code.append(block + """
                return result
        """)
        return f"{function}(io, this)"


class Repeat(Format):
    """An item as often as an earlier field says, or a fixed number of times."""

    def __init__(self, count, inner):
        self.count = count
        self.inner = inner

    def read(self, stream, context):
        count = context[self.count] if isinstance(self.count, str) else self.count
        return ListResult(self.inner.read(stream, context) for _ in range(count))

    def emit(self, code):
        code.append("from results import ListResult")
        count = f"this[{self.count!r}]" if isinstance(self.count, str) else self.count
        return f"ListResult({self.inner.emit(code)} for _ in range({count}))"
