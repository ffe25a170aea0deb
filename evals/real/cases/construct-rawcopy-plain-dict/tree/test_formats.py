import unittest

from formats import Blob, Computed, FormatError, Number, Raw, Record

PACKET = Record("size" / Number("B"), "body" / Blob(lambda context: context.size))


class RecordTest(unittest.TestCase):
    def test_parse(self):
        packet = PACKET.parse(b"\x02abc")
        self.assertEqual(packet.size, 2)
        self.assertEqual(packet.body, b"ab")

    def test_build(self):
        self.assertEqual(PACKET.build({"size": 2, "body": b"ab"}), b"\x02ab")

    def test_too_short(self):
        with self.assertRaises(FormatError):
            PACKET.parse(b"\x05ab")


class RawTest(unittest.TestCase):
    def test_parse_items(self):
        found = Raw(Number(">H")).parse(b"\x01\x02")
        self.assertEqual(found["data"], b"\x01\x02")
        self.assertEqual(found["value"], 258)

    def test_build_from_either(self):
        self.assertEqual(Raw(Number(">H")).build({"value": 258}), b"\x01\x02")
        self.assertEqual(Raw(Number(">H")).build({"data": b"\x07"}), b"\x07")
        with self.assertRaises(FormatError):
            Raw(Number("B")).build({})

    def test_checksum_over_raw_bytes(self):
        message = Record(
            "fields" / Raw(Record("a" / Number("B"), "b" / Number("B"))),
            "sum" / Computed(Number("B"), lambda context: sum(context.fields.data) % 256),
        )
        self.assertEqual(message.parse(b"\x01\x02\x03").fields.value.b, 2)
