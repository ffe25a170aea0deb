import unittest

from treebuilder import TreeBuilder


class BlockTest(unittest.TestCase):
    def setUp(self):
        self.builder = TreeBuilder()

    def markup(self):
        return self.builder.root.serialize()

    def test_block_closes_paragraph(self):
        self.builder.start_tag("p")
        self.builder.text("one")
        self.builder.start_tag("div")
        self.builder.text("two")
        self.assertEqual(self.markup(), "<body><p>one</p><div>two</div></body>")

    def test_heading_closes_paragraph(self):
        self.builder.start_tag("p")
        self.builder.start_tag("h2")
        self.builder.text("title")
        self.assertEqual(self.markup(), "<body><p></p><h2>title</h2></body>")

    def test_unexpected_end_makes_empty_paragraph(self):
        self.builder.end_tag("p")
        self.assertEqual(self.markup(), "<body><p></p></body>")
        self.assertEqual(self.builder.errors, ["unexpected </p>"])

    def test_items_follow_each_other(self):
        self.builder.start_tag("ul")
        self.builder.start_tag("li")
        self.builder.text("a")
        self.builder.start_tag("li")
        self.builder.text("b")
        self.assertEqual(self.markup(), "<body><ul><li>a</li><li>b</li></ul></body>")


class FormTest(unittest.TestCase):
    def test_form_after_open_paragraph(self):
        builder = TreeBuilder()
        builder.start_tag("p")
        builder.text("sign in")
        builder.start_tag("form", {"action": "/login"})
        builder.start_tag("input", {"name": "user"})
        builder.end_tag("form")
        self.assertEqual(
            builder.root.serialize(),
            '<body><p>sign in</p><form action="/login"><input name="user"></form></body>',
        )

    def test_nested_form_is_ignored(self):
        builder = TreeBuilder()
        builder.start_tag("form")
        builder.start_tag("form")
        self.assertEqual(builder.root.serialize(), "<body><form></form></body>")
        self.assertEqual(builder.errors, ["nested <form>"])
