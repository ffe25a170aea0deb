import unittest

import seqtools


class FlattenTest(unittest.TestCase):
    def test_any_depth(self):
        self.assertEqual(seqtools.flatten([1, [2, (3, [4])], iter([5])]), [1, 2, 3, 4, 5])

    def test_text_is_no_collection(self):
        self.assertEqual(seqtools.flatten(["ab", ["cd"]]), ["ab", "cd"])

    def test_choice_of_what_to_follow(self):
        lists_only = lambda value: isinstance(value, list)
        self.assertEqual(seqtools.flatten([1, (2, 3), [4]], follow=lists_only), [1, (2, 3), 4])
        self.assertEqual(seqtools.flatten([1, [2, (3, 4), [5]]], follow=lists_only), [1, 2, (3, 4), 5])


class SequenceTest(unittest.TestCase):
    def test_leaves(self):
        self.assertEqual(seqtools.tree_leaves([1, [2, [3]], 4]), [1, 2, 3, 4])

    def test_mapcat(self):
        self.assertEqual(seqtools.mapcat(lambda n: [n] * n, [1, 2]), [1, 2, 2])

    def test_split(self):
        self.assertEqual(seqtools.split(lambda n: n > 2, [1, 3, 2, 4]), ([3, 4], [1, 2]))

    def test_chunks(self):
        self.assertEqual(seqtools.chunks(2, "abc"), [["a", "b"], ["c"]])

    def test_distinct(self):
        self.assertEqual(seqtools.distinct([3, 1, 3, 2, 1]), [3, 1, 2])
