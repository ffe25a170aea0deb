"""Bytes of which some bits at both ends do not count."""


class ByteStore:
    """`length` bits of some bytes, beginning `offset` bits after their start.

    Whole bytes in front are dropped, so that the offset is less than eight.
    """

    def __init__(self, raw, length, offset=0):
        if length < 0 or offset < 0 or (offset + length + 7) // 8 > len(raw):
            raise ValueError("not enough bytes for the bits")
        self.length = length
        self.offset = offset % 8
        self.raw = bytes(raw[offset // 8:(offset + length + 7) // 8])

    def bit(self, position):
        place = position + self.offset
        return self.raw[place // 8] >> (7 - place % 8) & 1

    def byte_slice(self, start, end):
        """Return the bytes as they lie in the store."""
        return self.raw[start:end]

    def aligned(self):
        """Return the bits as bytes that begin with the first of them; the last is filled with zeros."""
        number = int.from_bytes(self.raw, "big") >> (-(self.offset + self.length) % 8)
        number &= (1 << self.length) - 1
        count = (self.length + 7) // 8
        return (number << (count * 8 - self.length)).to_bytes(count, "big")

    def part(self, start, length):
        return ByteStore(self.raw, length, self.offset + start)
