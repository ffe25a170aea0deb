import unittest

from sharedstrings import NAMESPACE, SharedStrings, unescape


class EscapeTest(unittest.TestCase):
    def test_several(self):
        self.assertEqual(unescape("_x0001_a_x001F_"), "\x01a\x1f")

    def test_wide_character(self):
        self.assertEqual(unescape("_x20AC_ 5 _x20ac_"), "\u20ac 5 \u20ac")

    def test_escaped_underscore(self):
        self.assertEqual(unescape("_x005F_x0041_"), "_x0041_")

    def test_in_rich_text(self):
        text = "<r><t>a_x000D_</t></r><r><t>b_x000A_</t></r>"
        document = f'<sst xmlns="{NAMESPACE[1:-1]}"><si>{text}</si></sst>'
        self.assertEqual(SharedStrings.parse(document.encode()).dump(), ["'a\\rb\\n'"])

    def test_not_an_escape(self):
        self.assertEqual(unescape("_x12_ and _xyz"), "_x12_ and _xyz")
