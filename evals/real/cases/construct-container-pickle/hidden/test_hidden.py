import copy
import pickle
import unittest

from records import Record


class HiddenPickleTest(unittest.TestCase):
    def test_every_binary_protocol_keeps_order(self):
        record = Record([("z", 1), ("b", 2), ("a", 3)])
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
            again = pickle.loads(pickle.dumps(record, protocol))
            self.assertIs(type(again), Record)
            self.assertEqual(again.items(), [("z", 1), ("b", 2), ("a", 3)])

    def test_nested_records(self):
        record = Record(head=Record(kind=1), rows=[Record(x=1), Record(x=2)])
        again = pickle.loads(pickle.dumps(record))
        self.assertEqual(again, record)
        self.assertEqual(again.rows[1].x, 2)
        self.assertEqual(again.head.keys(), ["kind"])

    def test_promoted_order_survives(self):
        record = Record([("data", b""), ("size", 0)])
        record.promote("size")
        self.assertEqual(pickle.loads(pickle.dumps(record)).keys(), ["size", "data"])

    def test_copies(self):
        record = Record(a=1, b=Record(c=2))
        shallow = copy.copy(record)
        deep = copy.deepcopy(record)
        self.assertEqual(shallow, record)
        self.assertIs(shallow.b, record.b)
        self.assertIsNot(deep.b, record.b)
        deep.b.c = 5
        self.assertEqual(record.b.c, 2)

    def test_unpickled_record_is_usable(self):
        again = pickle.loads(pickle.dumps(Record(a=1)))
        again.b = 2
        del again.a
        self.assertEqual(again.items(), [("b", 2)])


class HiddenNeighbourTest(unittest.TestCase):
    def test_unset_slot_is_still_missing(self):
        self.assertFalse(hasattr(Record(), "_rendering"))

    def test_records_do_not_share_order(self):
        first, second = Record(a=1), Record()
        second.b = 2
        self.assertEqual(first.keys(), ["a"])
        self.assertEqual(second.keys(), ["b"])
