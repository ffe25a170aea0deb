import unittest

from texttable import TextTable


class HiddenFirstNamesTest(unittest.TestCase):
    def test_alignment_is_reset_to_the_base(self):
        table = TextTable(align="l")
        table.set_align("b", "r")
        table.field_names = ["a", "b"]
        self.assertEqual(table.align, {"a": "l", "b": "l"})

    def test_width_of_a_column_to_come(self):
        table = TextTable()
        table.set_max_width("Name", 2)
        table.field_names = ["Name"]
        self.assertIn("| N~ |", str(table))

    def test_both(self):
        table = TextTable()
        table.set_align("b", "r")
        table.set_max_width("b", 3)
        table.field_names = ["a", "b"]
        self.assertEqual(table.field_names, ["a", "b"])

    def test_made_up_names_after_a_width(self):
        table = TextTable()
        table.set_max_width("Field 1", 3)
        table.add_row(["abcd"])
        self.assertIn("| ab~ |", str(table))

    def test_renaming_afterwards(self):
        table = TextTable()
        table.set_max_width("a", 3)
        table.field_names = ["a", "b"]
        table.set_align("b", "r")
        table.field_names = ["c", "d"]
        table.add_row(["12345", "x"])
        self.assertEqual(table.align, {"c": "c", "d": "r"})
        self.assertIn("| 12~ | x |", str(table))


class HiddenNeighbourTest(unittest.TestCase):
    def test_number_of_names_is_fixed(self):
        table = TextTable(["a", "b"])
        with self.assertRaises(ValueError):
            table.field_names = ["a"]

    def test_swapped_names_move_settings(self):
        table = TextTable(["a", "b", "c"])
        table.set_align("a", "l")
        table.field_names = ["d", "b", "c"]
        self.assertEqual(table.align, {"d": "l", "b": "c", "c": "c"})
