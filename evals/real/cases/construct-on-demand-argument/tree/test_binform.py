import unittest

from binform import BYTE, LONG, SHORT, Deferred, FormatError, Layout, Mapped, Repeat, ShortRead


class FormatTest(unittest.TestCase):
    def test_layout(self):
        point = Layout(x=SHORT, y=BYTE)
        self.assertEqual(point.parse(b"\x01\x02\x03"), {"x": 258, "y": 3})
        self.assertEqual(point.build({"x": 258, "y": 3}), b"\x01\x02\x03")

    def test_count_from_context(self):
        rows = Layout(n=BYTE, items=Repeat(lambda context: context["n"], BYTE))
        self.assertEqual(rows.parse(b"\x02ab")["items"], [97, 98])

    def test_wrong_count(self):
        with self.assertRaises(FormatError):
            Repeat(2, BYTE).build([1])

    def test_mapped(self):
        flag = Mapped(BYTE, bool, int)
        self.assertIs(flag.parse(b"\x01"), True)
        self.assertEqual(flag.build(False), b"\x00")

    def test_short_read(self):
        with self.assertRaises(ShortRead):
            LONG.parse(b"abc")


class DeferredTest(unittest.TestCase):
    def test_size(self):
        self.assertEqual(Deferred(Repeat(3, SHORT)).sizeof(), 6)

    def test_value(self):
        value = Deferred(Repeat(2, BYTE)).parse(b"\x05\x06")
        self.assertEqual(value(), [5, 6])
