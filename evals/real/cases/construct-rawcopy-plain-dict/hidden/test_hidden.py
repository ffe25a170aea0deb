import unittest

from formats import Computed, FormatError, Number, Raw, Record

MESSAGE = Record(
    "body" / Raw(Record("a" / Number("B"), "b" / Number("B"))),
    "sum" / Computed(Number("B"), lambda context: sum(context.body.data) % 256),
    "length" / Computed(Number("B"), lambda context: context.body.length),
)


class RawContainerTest(unittest.TestCase):
    def test_offsets(self):
        found = Record("first" / Number("B"), "raw" / Raw(Number(">H"))).parse(b"\x09\x00\x01").raw
        self.assertEqual((found.start, found.end, found.length, found.value), (1, 3, 2, 1))

    def test_build_from_value(self):
        self.assertEqual(MESSAGE.build({"body": {"value": {"a": 4, "b": 5}}}), b"\x04\x05\x09\x02")

    def test_build_from_data(self):
        self.assertEqual(MESSAGE.build({"body": {"data": b"\x01\x02\x03"}}), b"\x01\x02\x03\x06\x03")

    def test_build_from_parsed(self):
        self.assertEqual(MESSAGE.build(MESSAGE.parse(b"\x04\x05\x09\x02")), b"\x04\x05\x09\x02")

    def test_wrong_sum(self):
        with self.assertRaises(FormatError):
            MESSAGE.parse(b"\x04\x05\x08\x02")

    def test_equal_to_dictionary(self):
        expected = {"data": b"\x05", "value": 5, "start": 0, "end": 1, "length": 1}
        self.assertEqual(Raw(Number("B")).parse(b"\x05"), expected)
