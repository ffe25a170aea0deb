import unittest

import packedvec
import vectors


class VectorTest(unittest.TestCase):
    def test_elements(self):
        squares = vectors.vector(n * n for n in range(100))
        self.assertEqual(len(squares), 100)
        self.assertEqual(squares[40], 1600)
        self.assertEqual(list(squares[-2:]), [9604, 9801])

    def test_changes_leave_the_original_alone(self):
        before = vectors.of(1, 2, 3)
        self.assertEqual(list(before.set(-1, 9).append(4)), [1, 2, 9, 4])
        self.assertEqual(list(before), [1, 2, 3])

    def test_equality(self):
        self.assertEqual(vectors.of(1, 2), vectors.vector([1, 2]))
        self.assertNotEqual(vectors.of(1, 2), [1, 2])

    def test_integers_only(self):
        with self.assertRaises(TypeError):
            vectors.of("a")

    def test_plain_vector(self):
        self.assertEqual(repr(vectors.plain_vector([1, 2])), "vector([1, 2])")

    def test_packed_where_installed(self):
        self.assertIsInstance(vectors.vector([1, 2]), packedvec.PackedVector)
