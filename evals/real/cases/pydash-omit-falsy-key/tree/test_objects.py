import unittest

import objects


class ChooseTest(unittest.TestCase):
    def test_pick(self):
        self.assertEqual(objects.pick({"a": 1, "b": 2, "c": 3}, "a", ["c"]), {"a": 1, "c": 3})

    def test_omit(self):
        self.assertEqual(objects.omit({"a": 1, "b": 2, "c": 3}, "a", ["c"]), {"b": 2})

    def test_omit_by_function(self):
        result = objects.omit({"a": 1, "b": "x"}, lambda value, key, source: isinstance(value, int))
        self.assertEqual(result, {"b": "x"})

    def test_omit_first_of_list(self):
        self.assertEqual(objects.omit(["a", "b", "c"], 0), {1: "b", 2: "c"})

    def test_compact(self):
        self.assertEqual(objects.compact({"a": None, "b": 0}), {"b": 0})


class ReshapeTest(unittest.TestCase):
    def test_invert(self):
        self.assertEqual(objects.invert({"a": 1, "b": 1}, multiple=True), {1: ["a", "b"]})

    def test_partition(self):
        self.assertEqual(objects.partition({"a": 1, "b": 2}, "b"), ({"b": 2}, {"a": 1}))
