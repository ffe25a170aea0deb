import json
import unittest

from encoder import dumps


class StringTest(unittest.TestCase):
    def test_ascii(self):
        self.assertEqual(dumps("a\u20ac\U0001f600"), '"a\\u20ac\\ud83d\\ude00"')

    def test_beyond_ascii(self):
        self.assertEqual(dumps('\u20ac "\\"\n', ascii_only=False), '"\u20ac \\"\\\\\\"\\n"')

    def test_escape_key(self):
        self.assertEqual(dumps("\x1b[0m\x01", ascii_only=False), '"\\u001b[0m\\u0001"')

    def test_ascii_control(self):
        self.assertEqual(dumps("\x1b\x7f"), '"\\u001b\\u007f"')


class ValueTest(unittest.TestCase):
    def test_nested(self):
        value = {"b": [1, 2.5, None, True], "a": {}}
        self.assertEqual(dumps(value, sort_keys=True), '{"a": {}, "b": [1, 2.5, null, true]}')
        self.assertEqual(json.loads(dumps(value, indent=2)), value)

    def test_circular(self):
        value = []
        value.append(value)
        self.assertRaises(ValueError, dumps, value)

    def test_nan(self):
        self.assertEqual(dumps(float("inf")), "Infinity")
        self.assertRaises(ValueError, dumps, float("nan"), allow_nan=False)
