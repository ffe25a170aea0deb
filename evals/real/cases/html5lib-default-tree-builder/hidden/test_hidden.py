import io
import os
import tempfile
import unittest

import builders
from tool import choose_builder, run


def output(document, *arguments):
    stdout = io.StringIO()
    run(arguments, io.StringIO(document), stdout)
    return stdout.getvalue()


class DefaultBuilderTest(unittest.TestCase):
    def test_no_name(self):
        self.assertIs(choose_builder(None), builders.SimpleBuilder)
        self.assertIs(choose_builder(""), builders.SimpleBuilder)

    def test_count_without_tree(self):
        self.assertEqual(output("a<b>c", "--no-tree", "--count"), "3 tokens\n")

    def test_same_as_the_builder_by_name(self):
        document = "<ul><li>a<li>b</ul>c"
        self.assertEqual(output(document), output(document, "-b", "simple"))

    def test_document_from_a_file(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "page")
            with open(path, "w", encoding="utf-8") as stream:
                stream.write("<i>")
            self.assertEqual(output("", path), "#document\n| i\n")

    def test_builders_by_name_stay(self):
        self.assertIs(choose_builder("outline"), builders.OutlineBuilder)
        self.assertIs(choose_builder("silent"), builders.SilentBuilder)


if __name__ == "__main__":
    unittest.main()
