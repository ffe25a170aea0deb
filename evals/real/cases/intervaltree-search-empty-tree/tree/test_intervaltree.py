import unittest

from intervaltree import IntervalTree
from node import Interval


def names(found):
    return "".join(sorted(interval.data for interval in found))


class SearchTest(unittest.TestCase):
    def setUp(self):
        self.tree = IntervalTree.from_tuples([(0, 5, "a"), (3, 8, "b"), (10, 12, "c")])

    def test_point(self):
        self.assertEqual([names(self.tree.search(n)) for n in (0, 4, 8, 10)], ["a", "ab", "", "c"])

    def test_range(self):
        self.assertEqual(names(self.tree.search(5, 11)), "bc")
        self.assertEqual(names(self.tree[:]), "abc")
        self.assertEqual(names(self.tree.search(2, 12, strict=True)), "bc")

    def test_chop(self):
        self.tree.chop(4, 11)
        self.assertEqual([tuple(i) for i in self.tree], [(0, 4, "a"), (3, 4, "b"), (11, 12, "c")])


class EmptyTest(unittest.TestCase):
    def test_bounds(self):
        tree = IntervalTree()
        self.assertEqual((tree.begin(), tree.end(), len(tree)), (0, 0, 0))
        self.assertEqual(tree[:], set())

    def test_point(self):
        self.assertEqual(IntervalTree().search(3), set())

    def test_add(self):
        tree = IntervalTree()
        tree.add(Interval(1, 2, "x"))
        self.assertEqual(names(tree[1]), "x")
        self.assertRaises(ValueError, tree.add, Interval(2, 2))
