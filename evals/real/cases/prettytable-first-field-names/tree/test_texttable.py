import unittest

from texttable import TextTable


class TableTest(unittest.TestCase):
    def test_text(self):
        table = TextTable(["City", "Area"], align="l")
        table.add_row(["Rome", 1285])
        self.assertEqual(
            str(table),
            "+------+------+\n| City | Area |\n+------+------+\n| Rome | 1285 |\n+------+------+",
        )

    def test_names_are_made_up(self):
        table = TextTable()
        table.add_row([1, 2])
        self.assertEqual(table.field_names, ["Field 1", "Field 2"])

    def test_renaming_keeps_alignment(self):
        table = TextTable(["a", "b"])
        table.set_align("a", "r")
        table.field_names = ["x", "y"]
        self.assertEqual(table.align, {"x": "r", "y": "c"})

    def test_alignment_of_a_column_to_come(self):
        table = TextTable()
        table.set_align("Area", "r")
        table.field_names = ["City", "Area"]
        self.assertEqual(table.field_names, ["City", "Area"])

    def test_names_must_be_unique(self):
        with self.assertRaises(ValueError):
            TextTable(["a", "a"])

    def test_width(self):
        table = TextTable(["abcdef"])
        table.set_max_width("abcdef", 4)
        self.assertIn("| abc~ |", str(table))
