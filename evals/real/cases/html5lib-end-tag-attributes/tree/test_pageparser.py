import unittest

from pageparser import PageParser, ParseError


class PageParserTest(unittest.TestCase):
    def setUp(self):
        self.parser = PageParser()

    def test_tree(self):
        page = self.parser.parse("<P Class=x>a<BR>b<!-- c --></p>")
        self.assertEqual(str(page), '<page><p class="x">a<br>b</p></page>')
        self.assertEqual(self.parser.errors, [])

    def test_first_value_counts(self):
        page = self.parser.parse("<p a=1 b=2 A=3></p>")
        self.assertEqual(page.children[0].attributes, {"a": "1", "b": "2"})

    def test_attributes_of_an_end_tag(self):
        page = self.parser.parse("<p>a</p class=x>b")
        self.assertEqual(str(page), "<page><p>a</p>b</page>")
        self.assertEqual(self.parser.errors, [(3, "End tag contains unexpected attributes.")])

    def test_unexpected_end(self):
        self.parser.parse("a</b>")
        self.assertEqual(self.parser.errors, [(2, "Unexpected end tag (b).")])

    def test_strict(self):
        with self.assertRaises(ParseError):
            PageParser(strict=True).parse("<b><i></b>")

    def test_empty_tag(self):
        self.parser.parse("<br/><p/>")
        self.assertEqual(len(self.parser.errors), 2)


if __name__ == "__main__":
    unittest.main()
