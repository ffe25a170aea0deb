import unittest

from output import TemplateError
from templates import Template, template

PAGES = {
    "item": "<li>{{name}}</li>\n",
    "page": "<html>\n{{!base}}</html>\n",
    "list": "% rebase page\n% for name in names\n<li>{{name}}</li>\n% end\n",
}


def written(source, **variables):
    return "".join(Template(source, PAGES).execute([], variables))


class ExecuteTest(unittest.TestCase):
    def test_loop(self):
        self.assertEqual(written("% for n in range(2)\n{{n}},\n% end\n"), "0,\n1,\n")

    def test_escape(self):
        self.assertEqual(written("{{a}}{{!a}}{{b}}", a="<b>", b=None), "&lt;b&gt;<b>")

    def test_include(self):
        self.assertEqual(written("- \n% include item\n", name="x"), "- \n<li>x</li>\n")

    def test_errors(self):
        self.assertRaises(TemplateError, written, "% for n in a\n")
        self.assertRaises(TemplateError, written, "% include nothing\n")


class RenderTest(unittest.TestCase):
    def test_text(self):
        self.assertEqual(Template("Hello {{name}}!").render(name="you"), "Hello you!")

    def test_unknown_template(self):
        self.assertRaises(TemplateError, template, "nothing", PAGES)
