import unittest

from pageparser import PageParser, ParseError

MESSAGE = "End tag contains unexpected attributes."


class EndTagTest(unittest.TestCase):
    def setUp(self):
        self.parser = PageParser()

    def test_token_is_emptied(self):
        token = self.parser.normalize({"type": "EndTag", "name": "B", "data": [("id", "1")]})
        self.assertEqual(token, {"type": "EndTag", "name": "b", "data": {}})

    def test_several_end_tags(self):
        page = self.parser.parse("<b><i>x</i a></B b='2' c>y")
        self.assertEqual(str(page), "<page><b><i>x</i></b>y</page>")
        self.assertEqual(self.parser.errors, [(4, MESSAGE), (5, MESSAGE)])

    def test_end_tag_of_nothing(self):
        self.parser.parse("</q cite=x>")
        self.assertEqual(self.parser.errors, [(1, MESSAGE), (1, "Unexpected end tag (q).")])

    def test_strict_parser_raises_the_error(self):
        with self.assertRaisesRegex(ParseError, "unexpected attributes"):
            PageParser(strict=True).parse("<p></p a=1>")

    def test_start_tag_keeps_its_attributes(self):
        page = self.parser.parse("<p id=1></p id=2><p id=3></p>")
        self.assertEqual([node.attributes for node in page.children], [{"id": "1"}, {"id": "3"}])


if __name__ == "__main__":
    unittest.main()
