import json
import unittest

from encoder import dumps


class ControlTest(unittest.TestCase):
    def test_substitute(self):
        self.assertEqual(dumps("\x1a", ascii_only=False), '"\\u001a"')

    def test_last(self):
        self.assertEqual(dumps("\x1f\x1e", ascii_only=False), '"\\u001f\\u001e"')

    def test_all_can_be_read_back(self):
        text = "".join(map(chr, range(0x21)))
        self.assertEqual(json.loads(dumps(text, ascii_only=False)), text)

    def test_key(self):
        self.assertEqual(dumps({"\x1c": "\x1d"}, ascii_only=False), '{"\\u001c": "\\u001d"}')

    def test_others_stay(self):
        self.assertEqual(dumps(" !\x7f\u2028/", ascii_only=False), '" !\x7f\u2028/"')
