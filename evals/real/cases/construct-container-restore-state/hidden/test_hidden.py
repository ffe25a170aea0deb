import copy
import pickle
import unittest

from container import Container, Flags, Header


class Strict(Container):
    __slots__ = []

    def __init__(self, *, length):
        super().__init__(length=length, data=b"\0" * length)


class RestoreTest(unittest.TestCase):
    def test_removed_key_stays_removed(self):
        header = Header(b"PK")
        del header.version
        self.assertEqual(pickle.loads(pickle.dumps(header)).items(), [("magic", b"PK")])

    def test_order_of_header(self):
        header = Header(b"PK", 3)
        header.extra = 1
        header.move("magic", 2)
        self.assertEqual(copy.copy(header).keys(), ["version", "extra", "magic"])

    def test_deep_copy(self):
        flags = Flags("read")
        record = Container(head=Header([1]), flags=flags)
        duplicate = copy.deepcopy(record)
        duplicate.head.magic.append(2)
        self.assertEqual(repr(record), "Container(head=Header(magic=[1], version=1), flags=Flags(read=True))")
        self.assertEqual(duplicate.head.items(), [("magic", [1, 2]), ("version", 1)])
        self.assertEqual(duplicate.flags.items(), [("read", True)])

    def test_own_constructor(self):
        strict = Strict(length=2)
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            self.assertEqual(pickle.loads(pickle.dumps(strict, protocol)).items(), strict.items())

    def test_state_replaces_items(self):
        record = Container(z=1)
        record.__setstate__([("a", 1), ("b", 2)])
        self.assertEqual(record.items(), [("a", 1), ("b", 2)])

    def test_constructor_starts_anew(self):
        self.assertEqual(Container({"a": 1}, b=2).keys(), ["a", "b"])
