import unittest

from domtree import DocType, TreeBuilder, TreeError


def doctype(*values):
    builder = TreeBuilder()
    builder.insert_doctype(*values)
    return builder.finish().doctype


class HiddenDocTypeTest(unittest.TestCase):
    def test_other_name(self):
        result = doctype("svg", "-//W3C//DTD SVG 1.1//EN", "svg11.dtd")
        self.assertEqual((result.name, result.publicId), ("svg", "-//W3C//DTD SVG 1.1//EN"))
        self.assertEqual(result.systemId, "svg11.dtd")

    def test_system_identifier_with_blank(self):
        self.assertEqual(doctype("html", "-//X//Y//EN", "my file.dtd").systemId, "my file.dtd")

    def test_apostrophe(self):
        result = doctype("html", "-//It's//EN", "it's.dtd")
        self.assertEqual((result.publicId, result.systemId), ("-//It's//EN", "it's.dtd"))

    def test_one_word(self):
        result = doctype("html", "p", "s")
        self.assertEqual((result.name, result.publicId, result.systemId), ("html", "p", "s"))

    def test_with_content(self):
        builder = TreeBuilder()
        builder.insert_comment("first")
        builder.insert_doctype("html", "p", "s")
        builder.insert_root()
        builder.insert_element("br")
        document = builder.finish()
        self.assertEqual(document.doctype.publicId, "p")
        self.assertEqual(document.documentElement.toxml(), "<html><br/></html>")


class HiddenNeighbourTest(unittest.TestCase):
    def test_name_only(self):
        result = doctype("math")
        self.assertEqual((result.name, result.publicId, result.systemId), ("math", None, None))

    def test_system_alone_is_refused(self):
        with self.assertRaises(TreeError):
            DocType("html", None, "s")

    def test_names_are_made_safe(self):
        builder = TreeBuilder()
        builder.insert_root()
        builder.insert_element("1:b")
        self.assertEqual(builder.close_element().tagName, "U1Ub")
