import unittest

from sortkey import KeyMaker, Style, natural_sorted


class AsciiCollation:
    """Stands in for a library that sorts by code point."""

    def __init__(self):
        self.questions = 0

    def transform(self, text):
        return "~" + text

    def capitals_first(self):
        self.questions += 1
        return True


class PlainTest(unittest.TestCase):
    def test_numbers(self):
        self.assertEqual(natural_sorted(["a10", "a9", "a"]), ["a", "a9", "a10"])

    def test_signed_reals(self):
        style = Style.SIGNED | Style.REAL
        self.assertEqual(natural_sorted(["x1.5", "x-2", "x1.25"], style), ["x-2", "x1.25", "x1.5"])

    def test_case_styles(self):
        words = ["b", "A", "a", "B"]
        self.assertEqual(natural_sorted(words), ["A", "B", "a", "b"])
        self.assertEqual(natural_sorted(words, Style.LOWERCASE_FIRST), ["a", "b", "A", "B"])
        self.assertEqual(natural_sorted(words, Style.GROUP_LETTERS), ["A", "a", "B", "b"])

    def test_library_is_left_alone(self):
        collation = AsciiCollation()
        self.assertEqual(natural_sorted(["b2", "a", "b1"], collation=collation), ["a", "b1", "b2"])
        self.assertEqual(collation.questions, 0)


class LocaleTest(unittest.TestCase):
    def test_capitals_are_swapped(self):
        self.assertEqual(KeyMaker(Style.LOCALE, AsciiCollation())("aB2"), ("~Ab", 2))

    def test_lowercase_first_needs_no_swap(self):
        make = KeyMaker(Style.LOCALE | Style.LOWERCASE_FIRST, AsciiCollation())
        self.assertEqual(make("aB2"), ("~aB", 2))
