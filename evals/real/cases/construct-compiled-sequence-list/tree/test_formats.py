import unittest

from formats import Number, Record, Repeat, Sequence
from results import ListResult

BYTE = Number("B")
PAIR = Sequence(BYTE, Record(Number(">H").named("id")))


class InterpretedTest(unittest.TestCase):
    def test_sequence(self):
        found = PAIR.parse(b"\x01\x00\x02")
        self.assertEqual(repr(found), "ListResult([1, Result(id=2)])")
        self.assertEqual(found.search("id"), 2)

    def test_repeat(self):
        format = Record(BYTE.named("n"), Repeat("n", BYTE).named("numbers"))
        self.assertEqual(format.parse(b"\x02\x07\x08").numbers, ListResult([7, 8]))


class CompiledTest(unittest.TestCase):
    def test_record(self):
        format = Record(BYTE.named("a"), BYTE, Repeat(2, BYTE).named("b")).compile()
        self.assertEqual(repr(format.parse(b"\x01\x02\x03\x04")), "Result(a=1, b=ListResult([3, 4]))")

    def test_sequence_values(self):
        self.assertEqual(PAIR.compile().parse(b"\x01\x00\x02"), [1, {"id": 2}])

    def test_search_in_sequence(self):
        self.assertEqual(PAIR.compile().parse(b"\x01\x00\x02").search("id"), 2)

    def test_too_short(self):
        with self.assertRaises(ValueError):
            PAIR.compile().parse(b"\x01\x00")
