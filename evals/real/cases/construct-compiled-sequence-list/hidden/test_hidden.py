import unittest

from formats import Number, Record, Repeat, Sequence
from results import ListResult

BYTE = Number("B")


class CompiledSequenceTest(unittest.TestCase):
    def test_same_as_interpreted(self):
        format = Sequence(BYTE, Sequence(BYTE, BYTE))
        data = b"\x01\x02\x03"
        self.assertEqual(repr(format.compile().parse(data)), repr(format.parse(data)))

    def test_empty(self):
        self.assertIs(type(Sequence().compile().parse(b"")), ListResult)

    def test_nested_search(self):
        format = Sequence(BYTE, Sequence(BYTE, Record(BYTE.named("x")))).compile()
        self.assertEqual(format.parse(b"\x01\x02\x03").search("x"), 3)

    def test_in_record(self):
        format = Record(Sequence(BYTE).named("s"), Repeat(1, Sequence(BYTE)).named("r")).compile()
        expected = "Result(s=ListResult([5]), r=ListResult([ListResult([6])]))"
        self.assertEqual(repr(format.parse(b"\x05\x06")), expected)

    def test_reference_to_named_item(self):
        format = Sequence(BYTE.named("n"), Repeat("n", BYTE)).compile()
        self.assertEqual(format.parse(b"\x02\x08\x09"), [2, [8, 9]])

    def test_record_stays(self):
        self.assertEqual(repr(Record(BYTE.named("a")).compile().parse(b"\x01")), "Result(a=1)")
