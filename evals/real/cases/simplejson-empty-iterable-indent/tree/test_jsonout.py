import json
import unittest

from jsonout import dumps


class PlainTest(unittest.TestCase):
    def test_same_as_the_standard_library(self):
        value = {"a": [1, 2.5, None, True], "b": {}, "c": [], 'd"': "x\ny"}
        self.assertEqual(dumps(value), json.dumps(value))
        self.assertEqual(dumps(value, indent=2), json.dumps(value, indent=2))

    def test_circular(self):
        value = []
        value.append(value)
        with self.assertRaises(ValueError):
            dumps(value)


class IteratorTest(unittest.TestCase):
    def test_off_by_default(self):
        with self.assertRaises(TypeError):
            dumps(iter([1]))

    def test_default_is_called(self):
        self.assertEqual(dumps(iter([1, 2]), default=sum), "3")

    def test_one_line(self):
        for items in ([], [1], [1, 2, 3]):
            with self.subTest(items=items):
                self.assertEqual(dumps(iter(items), iterators=True), json.dumps(items))

    def test_indented(self):
        for items in ([1], [1, 2, 3]):
            with self.subTest(items=items):
                self.assertEqual(dumps(iter(items), iterators=True, indent=2), json.dumps(items, indent=2))
