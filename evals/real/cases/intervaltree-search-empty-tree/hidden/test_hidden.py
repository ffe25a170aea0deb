import unittest

from intervaltree import IntervalTree
from node import Interval


class EmptyTreeTest(unittest.TestCase):
    def test_range(self):
        self.assertEqual(IntervalTree().search(1, 5), set())
        self.assertEqual(IntervalTree().search(1, 5, strict=True), set())

    def test_interval(self):
        self.assertEqual(IntervalTree().search(Interval(1, 5)), set())

    def test_overlaps(self):
        self.assertFalse(IntervalTree().overlaps(3))
        self.assertFalse(IntervalTree().overlaps(3, 4))

    def test_emptied_tree(self):
        tree = IntervalTree.from_tuples([(1, 3)])
        tree.remove(Interval(1, 3))
        self.assertEqual(tree[2], set())
        tree.remove_overlap(0, 9)
        tree.chop(0, 9)
        self.assertEqual(tree, IntervalTree())

    def test_results_are_separate(self):
        tree = IntervalTree()
        tree.search(1).add("x")
        self.assertEqual(tree.search(1), set())

    def test_filled_tree(self):
        tree = IntervalTree.from_tuples([(1, 3), (5, 7)])
        self.assertEqual(tree.search(Interval(2, 6)), {Interval(1, 3), Interval(5, 7)})
        self.assertTrue(tree.overlaps(1))
