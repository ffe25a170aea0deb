import importlib.util
import sys
import unittest
from unittest import mock

import packedvec
import vectors


def load_without_packed():
    spec = importlib.util.spec_from_file_location("vectors_alone", vectors.__file__)
    module = importlib.util.module_from_spec(spec)
    with mock.patch.dict(sys.modules, {"packedvec": None}):
        spec.loader.exec_module(module)
    return module


class HiddenPackedTest(unittest.TestCase):
    def test_function_is_the_packed_one(self):
        self.assertIs(vectors.vector, packedvec.vector)

    def test_of(self):
        self.assertIsInstance(vectors.of(1, 2), packedvec.PackedVector)

    def test_repeated(self):
        self.assertEqual(vectors.repeated(7, 3).memory(), 24)

    def test_concatenated(self):
        self.assertEqual(vectors.concatenated([1], (2, 3)), packedvec.vector([1, 2, 3]))

    def test_empty(self):
        self.assertIsInstance(vectors.vector(), packedvec.PackedVector)


class HiddenNeighbourTest(unittest.TestCase):
    def test_fallback(self):
        alone = load_without_packed()
        self.assertIs(alone.vector, alone.plain_vector)
        self.assertIsInstance(alone.of(1, 2), alone.PlainVector)
        self.assertEqual(list(alone.concatenated([1], [2])), [1, 2])

    def test_plain_vectors_stay_available(self):
        self.assertIsInstance(vectors.plain_vector([1]), vectors.PlainVector)
        self.assertEqual(list(vectors.plain_vector(range(40)).set(33, 0))[32:35], [32, 0, 34])
