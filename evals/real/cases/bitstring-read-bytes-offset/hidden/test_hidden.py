import unittest

from bits import Bits, InterpretError


class ReadBytesTest(unittest.TestCase):
    def test_every_byte(self):
        bits = Bits(b"abcdef")
        self.assertEqual([bits.read_bytes(8, start) for start in range(0, 48, 8)],
                         [b"a", b"b", b"c", b"d", b"e", b"f"])

    def test_to_the_end(self):
        self.assertEqual(Bits(b"abcdef").read_bytes(32, 16), b"cdef")

    def test_aligned_by_the_offset_of_the_row(self):
        bits = Bits(b"\x12\x34\x56\x78")[4:]
        self.assertEqual(bits.read_bytes(16, 4), b"\x34\x56")
        self.assertEqual(bits.read_bytes(8, 12), b"\x56")

    def test_offset_given(self):
        self.assertEqual(Bits(b"\x00\x01\x02\x03", offset=7).read_bytes(8, 9), b"\x02")

    def test_words(self):
        self.assertEqual(Bits(b"abcdefg").read_words(2), [b"ab", b"cd", b"ef"])

    def test_nothing(self):
        self.assertEqual(Bits(b"abc").read_bytes(0, 16), b"")

    def test_beside_the_borders(self):
        bits = Bits(b"\x12\x34\x56")
        self.assertEqual(bits.read_bytes(8, 12), b"\x45")
        self.assertEqual(bits[4:].read_bytes(16, 0), b"\x23\x45")
        with self.assertRaises(InterpretError):
            bits.read_bytes(16, 16)


if __name__ == "__main__":
    unittest.main()
