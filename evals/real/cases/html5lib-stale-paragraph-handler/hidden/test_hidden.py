import unittest

from treebuilder import TreeBuilder


def build(*tags):
    builder = TreeBuilder()
    for tag in tags:
        if tag.startswith("/"):
            builder.end_tag(tag[1:])
        else:
            builder.start_tag(tag)
    return builder


class ParagraphTest(unittest.TestCase):
    def test_list_item_closes_paragraph(self):
        self.assertEqual(build("p", "li").root.serialize(), "<body><p></p><li></li></body>")

    def test_definition_closes_paragraph_in_list(self):
        builder = build("dl", "dt", "p", "dd")
        self.assertEqual(builder.root.serialize(), "<body><dl><dt><p></p></dt><dd></dd></dl></body>")

    def test_form_after_paragraph_with_open_phrase(self):
        builder = build("p", "b", "form")
        self.assertEqual(builder.root.serialize(), "<body><p><b></b></p><form></form></body>")
        self.assertEqual(builder.errors, ["<b> still open at </p>"])

    def test_item_after_paragraph_in_item(self):
        builder = build("ul", "li", "p", "li", "/ul")
        self.assertEqual(builder.root.serialize(), "<body><ul><li><p></p></li><li></li></ul></body>")

    def test_paragraph_out_of_scope_stays_open(self):
        builder = build("p", "table", "td", "form")
        self.assertEqual(
            builder.root.serialize(), "<body><p><table><td><form></form></td></table></p></body>"
        )

    def test_rule_closes_paragraph(self):
        self.assertEqual(build("p", "hr").root.serialize(), "<body><p></p><hr></body>")
