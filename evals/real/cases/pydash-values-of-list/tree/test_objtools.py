import unittest

import objtools


class MappingTest(unittest.TestCase):
    def test_keys_and_values(self):
        scores = {"ann": 3, "bob": 5}
        self.assertEqual(objtools.keys(scores), ["ann", "bob"])
        self.assertEqual(objtools.values(scores), [3, 5])

    def test_pick_and_omit(self):
        self.assertEqual(objtools.pick({"a": 1, "b": 2}, "a", "z"), {"a": 1})
        self.assertEqual(objtools.omit({"a": 1, "b": 2}, "a", "z"), {"b": 2})

    def test_deep_values(self):
        self.assertEqual(objtools.deep_values({"a": {"b": 1, "c": {"d": 2}}, "e": 3}), [3, 1, 2])


class SequenceTest(unittest.TestCase):
    def test_keys(self):
        self.assertEqual(objtools.keys(["x", "y"]), [0, 1])

    def test_values(self):
        self.assertEqual(objtools.values([1, 2, 3]), [1, 2, 3])

    def test_map_values(self):
        self.assertEqual(objtools.map_values([1, 2], str), ["1", "2"])

    def test_find_key(self):
        self.assertEqual(objtools.find_key(["a", "", "b"], lambda text: not text), 1)
