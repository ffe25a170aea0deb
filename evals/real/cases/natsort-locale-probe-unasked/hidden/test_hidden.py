import unittest

from sortkey import KeyMaker, Style, natural_sorted


class NoCollation:
    def transform(self, text):
        raise RuntimeError("no locale here")

    def capitals_first(self):
        raise RuntimeError("no locale here")


class SmallFirst:
    def __init__(self, answer=False):
        self.answer = answer
        self.questions = 0

    def transform(self, text):
        return "~" + text

    def capitals_first(self):
        self.questions += 1
        return self.answer


class HiddenUnaskedTest(unittest.TestCase):
    def test_every_style_without_locale(self):
        styles = [
            Style.DEFAULT,
            Style.SIGNED,
            Style.REAL,
            Style.IGNORE_CASE,
            Style.LOWERCASE_FIRST,
            Style.GROUP_LETTERS,
            Style.LOWERCASE_FIRST | Style.IGNORE_CASE,
        ]
        for style in styles:
            with self.subTest(style=int(style)):
                self.assertEqual(natural_sorted(["a2", "a1"], style, collation=NoCollation()), ["a1", "a2"])

    def test_lowercase_first_swaps(self):
        self.assertEqual(KeyMaker(Style.LOWERCASE_FIRST, NoCollation())("aB1"), ("Ab", 1))

    def test_nested_values(self):
        self.assertEqual(KeyMaker(collation=NoCollation())(["a1", 3]), (("a", 1), ("", 3)))

    def test_with_a_key_function(self):
        rows = [{"n": "r10"}, {"n": "r9"}]
        result = natural_sorted(rows, key=lambda row: row["n"], collation=NoCollation())
        self.assertEqual(result, [{"n": "r9"}, {"n": "r10"}])


class HiddenNeighbourTest(unittest.TestCase):
    def test_locale_is_asked(self):
        collation = SmallFirst()
        self.assertEqual(KeyMaker(Style.LOCALE, collation)("aB"), ("~aB",))
        self.assertGreaterEqual(collation.questions, 1)

    def test_locale_with_lowercase_first(self):
        style = Style.LOCALE | Style.LOWERCASE_FIRST
        self.assertEqual(KeyMaker(style, SmallFirst(False))("aB"), ("~Ab",))
        self.assertEqual(KeyMaker(style, SmallFirst(True))("aB"), ("~aB",))

    def test_making_a_key_maker_asks_nothing(self):
        KeyMaker(Style.DEFAULT, NoCollation())
