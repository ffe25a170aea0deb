import unittest

from tables import InBody, InTable, TableParser


def parsed(tags, context=None):
    parser = TableParser(context)
    return str(parser.feed(tags)), len(parser.errors)


class TableTest(unittest.TestCase):
    def test_plain_table(self):
        self.assertEqual(parsed("table tr td /td td /table p"), ("root(table(tr(td td)) p)", 0))

    def test_caption(self):
        self.assertEqual(parsed("table caption b /b /caption tr td"), ("root(table(caption(b) tr(td)))", 0))

    def test_table_in_table(self):
        self.assertEqual(parsed("table table p"), ("root(table table(p))", 2))

    def test_mode_after_the_end(self):
        parser = TableParser()
        parser.feed("table tr /table")
        self.assertIsInstance(parser.mode, InBody)


class FragmentTest(unittest.TestCase):
    def test_row_of_a_table(self):
        self.assertEqual(parsed("tr td", context="table"), ("root(tr(td))", 0))

    def test_end_of_a_table_that_is_not_there(self):
        parser = TableParser("table")
        parser.feed("tr td /tr /table tr th")
        self.assertEqual(str(parser.root), "root(tr(td) tr(th))")
        self.assertEqual(len(parser.errors), 1)
        self.assertNotIsInstance(parser.mode, InTable)


if __name__ == "__main__":
    unittest.main()
