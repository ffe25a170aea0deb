import unittest

from domtree import TreeBuilder, TreeError, parse_fragment

STRICT = "-//W3C//DTD HTML 4.01//EN"
STRICT_DTD = "http://www.w3.org/TR/html4/strict.dtd"


class DocTypeTest(unittest.TestCase):
    def setUp(self):
        self.builder = TreeBuilder()

    def test_none(self):
        self.assertIsNone(self.builder.finish().doctype)

    def test_name_only(self):
        self.builder.insert_doctype("html")
        document = self.builder.finish()
        self.assertEqual(document.doctype.name, "html")
        self.assertIsNone(document.doctype.publicId)

    def test_identifiers(self):
        self.builder.insert_doctype("html", STRICT, STRICT_DTD)
        document = self.builder.finish()
        self.assertEqual(document.doctype.publicId, STRICT)
        self.assertEqual(document.doctype.systemId, STRICT_DTD)

    def test_after_the_root(self):
        self.builder.insert_root()
        with self.assertRaises(TreeError):
            self.builder.insert_doctype("html")


class ContentTest(unittest.TestCase):
    def test_elements_and_text(self):
        builder = TreeBuilder()
        builder.insert_root()
        builder.insert_element("p", {"class": "a"})
        builder.insert_text("one")
        builder.insert_text(" & two")
        self.assertEqual(
            builder.finish().documentElement.toxml(), '<html><p class="a">one &amp; two</p></html>'
        )

    def test_comment_before_root(self):
        builder = TreeBuilder()
        builder.insert_comment("a--b")
        self.assertTrue(builder.finish().toxml().endswith("<!--a- - b--><html/>"))

    def test_fragment(self):
        self.assertEqual([node.toxml() for node in parse_fragment("<b>1</b>2")], ["<b>1</b>", "2"])
        with self.assertRaises(TreeError):
            parse_fragment("<b>")
