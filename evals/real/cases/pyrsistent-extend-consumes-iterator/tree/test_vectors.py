import unittest

from vectors import CheckedVector, CheckError, InvariantError, Vector


class Naturals(CheckedVector):
    item_type = int
    invariant = staticmethod(lambda number: (number >= 0, f"{number} is negative"))


class VectorTest(unittest.TestCase):
    def test_extend(self):
        self.assertEqual(Vector([1]).extend(n for n in (2, 3)), [1, 2, 3])

    def test_set(self):
        vector = Vector("abc")
        self.assertEqual(vector.set(-1, "z"), ["a", "b", "z"])
        self.assertEqual(vector, ["a", "b", "c"])


class CheckedVectorTest(unittest.TestCase):
    def test_append(self):
        numbers = Naturals([1, 2]).append(3)
        self.assertEqual(repr(numbers), "Naturals([1, 2, 3])")

    def test_wrong_type(self):
        self.assertRaises(CheckError, Naturals, ["a"])
        self.assertRaises(CheckError, Naturals([1]).append, 2.5)

    def test_invariant(self):
        with self.assertRaises(InvariantError) as caught:
            Naturals([1]).extend([-1, 2, -3])
        self.assertEqual(caught.exception.codes, ("-1 is negative", "-3 is negative"))

    def test_extend_by_generator(self):
        self.assertEqual(Naturals([1]).extend(n * n for n in (2, 3)), [1, 4, 9])

    def test_unchanged(self):
        numbers = Naturals([1])
        self.assertIs(numbers.extend([]), numbers)
