import unittest

from pmap import m, pmap


class MakeTest(unittest.TestCase):
    def test_from_mapping(self):
        self.assertEqual(pmap({"a": 1, "b": 2}), {"a": 1, "b": 2})
        self.assertEqual(m(a=1), {"a": 1})

    def test_from_list_of_pairs(self):
        self.assertEqual(pmap([("a", 1), ("a", 2)]), {"a": 2})

    def test_from_generator(self):
        squares = pmap((n, n * n) for n in range(4))
        self.assertEqual(squares, {0: 0, 1: 1, 2: 4, 3: 9})

    def test_empty(self):
        self.assertEqual(len(pmap()), 0)
        self.assertEqual(pmap().set("a", 1), {"a": 1})


class ChangeTest(unittest.TestCase):
    def test_original_stays(self):
        first = m(a=1, b=2)
        second = first.set("a", 3).remove("b")
        self.assertEqual((first, second), ({"a": 1, "b": 2}, {"a": 3}))

    def test_growing(self):
        numbers = pmap({}, pre_size=2)
        for n in range(50):
            numbers = numbers.set(n, -n)
        self.assertEqual(numbers, {n: -n for n in range(50)})

    def test_update_with(self):
        total = m(a=1).update_with(lambda old, new: old + new, m(a=2, b=5), {"a": 3})
        self.assertEqual(total, {"a": 6, "b": 5})
