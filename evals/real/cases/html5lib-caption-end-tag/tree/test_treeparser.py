import unittest

from treeparser import TreeParser


class TreeTest(unittest.TestCase):
    def check(self, markup, tree, errors=()):
        parser = TreeParser()
        self.assertEqual(parser.parse(markup), tree)
        self.assertEqual(parser.errors, list(errors))

    def test_body(self):
        self.check("a<b>c</b>d", "a<b>c</b>d")

    def test_rows(self):
        markup = "<table><tr><td>1</td><td>2</td></tr></table>"
        self.check(markup, markup)

    def test_missing_end_tag_in_cell(self):
        self.check(
            "<table><tr><td><b>1</td></tr></table>",
            "<table><tr><td><b>1</b></td></tr></table>",
            ["Unexpected end tag (td). Missing end tags."],
        )

    def test_caption_before_row(self):
        markup = "<table><caption>Sums</caption><tr><td>1</td></tr></table>"
        self.check(markup, markup)

    def test_stray_end_tag(self):
        self.check("a</i>", "a", ["Unexpected end tag (i)."])

    def test_stray_row(self):
        self.check("<tr>a", "a", ["Unexpected start tag (tr)."])
