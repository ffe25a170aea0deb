import unittest

from bits import Bits, InterpretError


class BitsTest(unittest.TestCase):
    def test_text(self):
        self.assertEqual(Bits.from_text("1010 1").text, "10101")
        self.assertEqual(Bits(b"\xf0", 4, 2).text, "1100")

    def test_numbers(self):
        bits = Bits.from_text("0110 1111")
        self.assertEqual(bits.uint, 0x6F)
        self.assertEqual(bits.read_int(3, 1), -2)

    def test_bytes(self):
        self.assertEqual(Bits(b"abc").bytes, b"abc")
        self.assertEqual(Bits(b"abc")[8:].bytes, b"bc")

    def test_bytes_across_the_border(self):
        self.assertEqual(Bits(b"\x12\x34\x56").read_bytes(16, 4), b"\x23\x45")

    def test_bytes_from_within(self):
        self.assertEqual(Bits(b"abcdef").read_bytes(16, 8), b"bc")

    def test_half_a_byte(self):
        with self.assertRaises(InterpretError):
            Bits(b"abc").read_bytes(4, 0)

    def test_equality(self):
        self.assertEqual(Bits(b"\x0f", 4, 4), Bits.from_text("1111"))
        self.assertNotEqual(Bits.from_text("1"), Bits.from_text("10"))


if __name__ == "__main__":
    unittest.main()
