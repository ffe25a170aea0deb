import unittest

from pmap import pmap


class Pairs:
    """Has pairs but no length."""

    def __init__(self, count):
        self.count = count

    def __iter__(self):
        return iter([(n, str(n)) for n in range(self.count)])


class KeyedSource:
    """Is read by its keys, as dict() does it, and has no length."""

    def keys(self):
        return ["x", "y"]

    def __getitem__(self, key):
        return key * 2


class LengthTest(unittest.TestCase):
    def test_zip(self):
        self.assertEqual(pmap(zip("abc", range(3))), {"a": 0, "b": 1, "c": 2})

    def test_empty_iterator(self):
        empty = pmap(iter([]))
        self.assertEqual(len(empty), 0)
        self.assertEqual(empty.set("a", 1), {"a": 1})

    def test_many_pairs(self):
        numbers = pmap(Pairs(100))
        self.assertEqual((len(numbers), numbers[57]), (100, "57"))
        self.assertEqual(numbers.set(100, "100").remove(0)[99], "99")

    def test_object_with_keys(self):
        self.assertEqual(pmap(KeyedSource()), {"x": "xx", "y": "yy"})

    def test_given_size(self):
        self.assertEqual(pmap(iter([("a", 1)]), pre_size=1), {"a": 1})

    def test_number_of_buckets_follows_length(self):
        self.assertEqual(len(pmap({n: n for n in range(20)})._buckets), 40)
        self.assertEqual(len(pmap({})._buckets), 8)
