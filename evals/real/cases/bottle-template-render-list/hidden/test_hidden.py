import unittest

from templates import Template, template

PAGES = {
    "page": "<html>\n{{!base}}</html>\n",
    "list": "% rebase page\n% for name in names\n<li>{{name}}</li>\n% end\n",
}


class RenderTest(unittest.TestCase):
    def test_rebase(self):
        self.assertEqual(
            Template(PAGES["list"], PAGES).render(names=["a", "&"]),
            "<html>\n<li>a</li>\n<li>&amp;</li>\n</html>\n",
        )

    def test_nothing_written(self):
        self.assertEqual(Template("% if False\nx\n% end\n").render(), "")

    def test_else_and_several_pieces(self):
        source = "% if a\n{{a}}-{{a}}\n% else\nnone\n% end\n"
        self.assertEqual(Template(source).render(a=1), "1-1\n")
        self.assertEqual(Template(source).render(a=0), "none\n")

    def test_body(self):
        self.assertEqual(template("list", PAGES, names=[]), ["<html>\n</html>\n"])

    def test_execute_returns_pieces(self):
        pieces = ["before "]
        self.assertIs(Template("x{{y}}").execute(pieces, {"y": 2}), pieces)
        self.assertEqual(pieces, ["before ", "x", "2"])
