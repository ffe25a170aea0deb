import unittest

import seqtools


class HiddenFollowTest(unittest.TestCase):
    def test_follow_sets(self):
        groups = [[frozenset([1])], frozenset([(2, 3)])]
        sets_too = lambda value: isinstance(value, (list, frozenset))
        self.assertEqual(seqtools.flatten(groups, sets_too), [1, (2, 3)])

    def test_follow_mappings_only(self):
        names_only = lambda value: isinstance(value, dict)
        tree = [{"a": 1}, {"b": 2}, ["c"]]
        self.assertEqual(seqtools.flatten(tree, names_only), ["a", "b", ["c"]])
        self.assertEqual(seqtools.flatten([{("x", "y"): 1}], names_only), [("x", "y")])

    def test_deep(self):
        tuples_only = lambda value: isinstance(value, tuple)
        self.assertEqual(seqtools.flatten([(1, (2, [3, (4,)]))], tuples_only), [1, 2, [3, (4,)]])

    def test_follow_depends_on_the_value(self):
        short = lambda value: isinstance(value, list) and len(value) < 3
        self.assertEqual(seqtools.flatten([[1, [2, 3, 4]], [5, [6]]], short), [1, [2, 3, 4], 5, 6])

    def test_lazy(self):
        asked = []

        def follow(value):
            asked.append(value)
            return isinstance(value, list)

        self.assertEqual(list(seqtools.iflatten([[1, [2]]], follow)), [1, 2])
        self.assertEqual(asked, [[1, [2]], 1, [2], 2])


class HiddenNeighbourTest(unittest.TestCase):
    def test_default(self):
        self.assertEqual(seqtools.flatten([range(2), [(), [{"k": 1}]]]), [0, 1, {"k": 1}])

    def test_endless_input(self):
        def endless():
            while True:
                yield [1, [2]]

        self.assertEqual(seqtools.take(3, seqtools.iflatten(endless())), [1, 2, 1])

    def test_leaves_with_choice(self):
        lists_only = lambda value: isinstance(value, list)
        self.assertEqual(seqtools.tree_leaves([[(1, 2)], 3], lists_only), [(1, 2), 3])
