import copy
import pickle
import unittest

from container import Container, Flags, Header


class ContainerTest(unittest.TestCase):
    def test_order(self):
        record = Container([("b", 1), ("a", 2)], c=3)
        record.move("c", 0)
        del record.b
        record.b = 4
        self.assertEqual(record.items(), [("c", 3), ("a", 2), ("b", 4)])

    def test_attributes(self):
        record = Container(a=1)
        self.assertEqual(record.a, 1)
        self.assertFalse(hasattr(record, "b"))

    def test_text(self):
        record = Container(a=1, b=Container(c="x"))
        self.assertEqual(str(record), "Container:\n    a = 1\n    b = Container:\n        c = 'x'")

    def test_copy_method(self):
        header = Header(b"PK", 2)
        duplicate = header.copy()
        duplicate.version = 3
        self.assertEqual((header.version, repr(duplicate)), (2, "Header(magic=b'PK', version=3)"))


class PickleTest(unittest.TestCase):
    def test_container(self):
        record = Container(b=1, a=Container(c=[2]))
        restored = pickle.loads(pickle.dumps(record))
        self.assertEqual(repr(restored), repr(record))
        self.assertIsInstance(restored.a, Container)

    def test_header(self):
        header = Header(b"PK", 2)
        restored = pickle.loads(pickle.dumps(header))
        self.assertEqual(repr(restored), "Header(magic=b'PK', version=2)")
        self.assertIs(type(restored), Header)

    def test_flags(self):
        flags = copy.copy(Flags("read", "write"))
        self.assertEqual(flags.active(), ["read", "write"])
