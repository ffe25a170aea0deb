import unittest

import objects


class OmitTest(unittest.TestCase):
    def test_zero_and_more(self):
        self.assertEqual(objects.omit(["a", "b", "c"], 0, 2), {1: "b"})

    def test_empty_string(self):
        self.assertEqual(objects.omit({"": 1, "a": 2}, ""), {"a": 2})

    def test_false(self):
        self.assertEqual(objects.omit({False: "no", True: "yes"}, False), {True: "yes"})

    def test_partition_by_zero(self):
        self.assertEqual(objects.partition(["a", "b"], 0), ({0: "a"}, {1: "b"}))

    def test_nothing_named(self):
        self.assertEqual(objects.omit({None: 1, "a": 2}), {None: 1, "a": 2})

    def test_empty_list(self):
        self.assertEqual(objects.omit({"a": 2}, []), {"a": 2})
