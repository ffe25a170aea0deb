import unittest

from tables import InTable, TableParser


class EndOfTableTest(unittest.TestCase):
    def check(self, tags, tree, errors, context=None):
        parser = TableParser(context)
        self.assertEqual(str(parser.feed(tags)), tree)
        self.assertEqual(len(parser.errors), errors)
        return parser

    def test_nothing_open(self):
        parser = self.check("/table", "root", 1, context="table")
        self.assertIsInstance(parser.mode, InTable)

    def test_twice(self):
        self.check("/table /table tr", "root(tr)", 2, context="table")

    def test_implied_ends_are_left_alone(self):
        self.check("p /table b", "root(p(b))", 3, context="table")

    def test_end_in_the_caption_of_a_fragment(self):
        self.check("caption b /table tr", "root(caption(b) tr)", 2, context="table")

    def test_start_of_a_table_in_a_fragment_of_one(self):
        parser = TableParser("caption")
        parser.feed("table tr td /table i")
        self.assertEqual(str(parser.root), "root(table(tr(td)) i)")
        self.assertEqual(parser.errors, [])

    def test_table_with_open_elements(self):
        self.check("table b i /table p", "root(table(b(i)) p)", 3)

    def test_table_within_a_table_of_a_row(self):
        self.check("table tr td table tr td /table td /table", "root(table(tr(td(table(tr(td))) td)))", 0)


if __name__ == "__main__":
    unittest.main()
