import unittest
from collections import OrderedDict

import objtools


class HiddenValuesTest(unittest.TestCase):
    def test_tuple(self):
        self.assertEqual(objtools.values((4, 5)), [4, 5])

    def test_string(self):
        self.assertEqual(objtools.values("abc"), ["a", "b", "c"])

    def test_empty_list(self):
        self.assertEqual(objtools.values([]), [])

    def test_repeated_items_stay(self):
        self.assertEqual(objtools.values([1, None, 1]), [1, None, 1])

    def test_a_new_list_is_returned(self):
        items = [1, 2]
        result = objtools.values(items)
        result.append(3)
        self.assertEqual(items, [1, 2])

    def test_generator(self):
        self.assertEqual(objtools.values(n * n for n in range(3)), [0, 1, 4])

    def test_deep_values_through_lists(self):
        self.assertEqual(objtools.deep_values({"a": [1, (2, [3])], "b": 4}), [4, 1, 2, 3])


class HiddenNeighbourTest(unittest.TestCase):
    def test_ordered_mapping(self):
        self.assertEqual(objtools.values(OrderedDict([("z", 1), ("a", 2)])), [1, 2])
        self.assertEqual(objtools.values({}), [])

    def test_pairs(self):
        self.assertEqual(objtools.pairs(["x"]), [[0, "x"]])
