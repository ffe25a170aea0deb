import unittest

from treeparser import TreeParser


class HiddenCaptionTest(unittest.TestCase):
    def check(self, markup, tree, errors=()):
        parser = TreeParser()
        self.assertEqual(parser.parse(markup), tree)
        self.assertEqual(parser.errors, list(errors))

    def test_caption_only(self):
        markup = "<table><caption>Sums</caption></table>"
        self.check(markup, markup)

    def test_open_element_in_caption(self):
        self.check(
            "<table><caption><b>Sums</caption><tr></tr></table>",
            "<table><caption><b>Sums</b></caption><tr></tr></table>",
            ["Unexpected end tag (caption). Missing end tags."],
        )

    def test_implied_end_tag_in_caption(self):
        markup = "<table><caption><p>Sums</caption></table>"
        self.check(markup, "<table><caption><p>Sums</p></caption></table>")

    def test_caption_closed_by_table(self):
        self.check(
            "<table><caption>Sums</table>after",
            "<table><caption>Sums</caption></table>after",
            ["Unexpected end tag (table)."],
        )

    def test_caption_closed_by_row(self):
        self.check(
            "<table><caption>Sums<tr><td>1</td></tr></table>",
            "<table><caption>Sums</caption><tr><td>1</td></tr></table>",
            ["Unexpected start tag (tr)."],
        )


class HiddenNeighbourTest(unittest.TestCase):
    def test_missing_end_of_table(self):
        parser = TreeParser()
        self.assertEqual(parser.parse("<table><tr>"), "<table><tr></tr></table>")
        self.assertEqual(parser.errors, ["Missing end tag (table).", "Missing end tag (tr)."])

    def test_end_caption_outside_table(self):
        parser = TreeParser()
        self.assertEqual(parser.parse("a</caption>"), "a")
        self.assertEqual(parser.errors, ["Unexpected end tag (caption)."])
