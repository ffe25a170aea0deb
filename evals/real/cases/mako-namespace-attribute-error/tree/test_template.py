import unittest

from errors import NameLookupError, RenderError
from runtime import Context, Namespace, call_optional, capture
from template import Template


def page(context, self):
    context.write("<page>")
    self.title()
    if hasattr(self, "footer"):
        self.footer("end")
    context.write("</page>")


def title(context):
    context.write("Title of " + context["site"])


def footer(context, text):
    context.write("[" + text + "]")


class RenderTest(unittest.TestCase):
    def test_all_blocks(self):
        template = Template(page, {"title": title, "footer": footer})
        self.assertEqual(template.render(site="x"), "<page>Title of x[end]</page>")

    def test_inherited_block(self):
        parent = Template(page, {"title": title, "footer": footer})
        child = Template(None, {"title": lambda context: context.write("Own")})
        self.assertEqual(child.render(parent, site="x"), "<page>Own[end]</page>")

    def test_optional_block_is_missing(self):
        template = Template(page, {"title": title})
        self.assertEqual(template.render(site="x"), "<page>Title of x</page>")

    def test_undefined_variable(self):
        self.assertRaises(NameLookupError, Template(page, {"title": title}).render)


class NamespaceTest(unittest.TestCase):
    def setUp(self):
        self.output = []
        self.context = Context(self.output.append, {"site": "y"})

    def test_call_optional(self):
        namespace = Namespace("tools", self.context, callables=[title])
        self.assertTrue(call_optional(namespace, "title"))
        self.assertEqual(self.output, ["Title of y"])

    def test_populate(self):
        data = {}
        Namespace("tools", self.context, callables=[title, footer]).populate(data, ["*"])
        data["footer"]("z")
        self.assertEqual(sorted(data), ["footer", "title"])
        self.assertEqual(self.output, ["[z]"])

    def test_capture(self):
        self.assertEqual(capture(self.context, footer, "q"), "[q]")
        self.assertRaises(RenderError, capture, self.context, "footer")
