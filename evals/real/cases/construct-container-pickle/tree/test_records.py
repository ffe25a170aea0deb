import pickle
import unittest

from records import Record


class AccessTest(unittest.TestCase):
    def test_keys_are_attributes(self):
        record = Record(width=3)
        record.height = 4
        self.assertEqual(record["height"], 4)
        self.assertEqual(record.width, 3)

    def test_missing_attribute(self):
        with self.assertRaises(AttributeError):
            Record(width=3).depth

    def test_order_of_insertion(self):
        record = Record([("z", 1), ("a", 2)])
        record.m = 3
        record.z = 4
        self.assertEqual(record.items(), [("z", 4), ("a", 2), ("m", 3)])

    def test_private_keys_do_not_count(self):
        self.assertEqual(Record(a=1, _raw=b"x"), Record(a=1))

    def test_text_form(self):
        record = Record(kind=7)
        record.body = Record(size=2)
        record.body.parent = record
        self.assertEqual(str(record), "kind = 7\nbody:\n    size = 2\n    parent:\n        <recursion>")


class PickleTest(unittest.TestCase):
    def test_empty_record(self):
        self.assertEqual(pickle.loads(pickle.dumps(Record())), Record())

    def test_record_with_fields(self):
        record = Record([("size", 3), ("data", b"abc")])
        again = pickle.loads(pickle.dumps(record))
        self.assertEqual(again, record)
        self.assertEqual(again.keys(), ["size", "data"])
