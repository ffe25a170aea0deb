import io
import unittest

import builders
from markup import Parser
from tool import run


def output(document, *arguments):
    stdout = io.StringIO()
    run(arguments, io.StringIO(document), stdout)
    return stdout.getvalue()


class ToolTest(unittest.TestCase):
    def test_plain_call_shows_the_tree(self):
        self.assertEqual(output("<p>Hi</p>"), "#document\n| p\n| | 'Hi'\n")

    def test_outline(self):
        self.assertEqual(output("<h1>A</h1><p>x<h2>B", "-b", "outline"), "A\n  B\n")

    def test_count(self):
        self.assertEqual(output("<p>Hi</p>", "-b", "silent", "--no-tree", "-c"), "3 tokens\n")

    def test_unknown_builder(self):
        with self.assertRaises(SystemExit):
            output("<p>", "-b", "fancy")


class ParserTest(unittest.TestCase):
    def test_unclosed_elements(self):
        tree = Parser(builders.SimpleBuilder).parse("<a><b>x</a>y")
        self.assertEqual(tree.dump(), "#document\n| a\n| | b\n| | | 'x'\n| 'y'")


if __name__ == "__main__":
    unittest.main()
