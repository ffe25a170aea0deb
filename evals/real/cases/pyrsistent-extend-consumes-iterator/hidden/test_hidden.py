import unittest

from vectors import CheckedVector, CheckError, InvariantError, Vector


class Words(CheckedVector):
    item_type = str
    invariant = staticmethod(lambda word: (word != "", "empty word"))


class IteratorTest(unittest.TestCase):
    def test_construction(self):
        self.assertEqual(Words(word for word in ("a", "b")), ["a", "b"])

    def test_evolver(self):
        evolver = Words(["a"]).evolver()
        evolver.extend(map(str.upper, "bc")).append("d")
        self.assertEqual(len(evolver), 4)
        self.assertEqual(evolver.persistent(), ["a", "B", "C", "d"])

    def test_iterator_of_list(self):
        self.assertEqual(Words(["a"]).extend(iter(["b", "c"])), ["a", "b", "c"])

    def test_wrong_item_of_generator(self):
        evolver = Words().evolver()
        self.assertRaises(CheckError, evolver.extend, iter(["a", 1]))
        self.assertEqual(len(evolver), 0)

    def test_invariant_of_generator(self):
        with self.assertRaises(InvariantError) as caught:
            Words().extend(word for word in ("a", ""))
        self.assertEqual(caught.exception.codes, ("empty word",))

    def test_plain_vector(self):
        self.assertEqual(Vector().extend(iter("ab")), ["a", "b"])
