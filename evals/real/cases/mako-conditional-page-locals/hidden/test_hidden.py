import unittest

from pages import Page


class UnsetVariablesTest(unittest.TestCase):
    def test_loop_over_nothing(self):
        self.assertEqual(Page("% code:\nfor n in ():\n    last = n\n% end\ndone").render(), "done\n")

    def test_deleted_variable(self):
        self.assertEqual(Page("% code:\na = 1\nb = a + 1\ndel a\n% end\n{b}").render(), "2\n")

    def test_variable_of_a_comprehension(self):
        text = "% code:\nsquares = [n * n for n in (1, 2)]\n% end\n{squares}"
        self.assertEqual(Page(text).render(), "[1, 4]\n")

    def test_set_in_the_branch_taken(self):
        text = "% part p:\n{b}\n% end\n% code:\nif 0:\n    a = 1\nelse:\n    b = 2\n% end\n% show p"
        self.assertEqual(Page(text).render(), "2\n")

    def test_value_given_shows_where_the_branch_is_not_taken(self):
        text = "% part p:\n{b}\n% end\n% code:\nif 0:\n    b = 2\n% end\n% show p"
        self.assertEqual(Page(text).render(b=7), "7\n")

    def test_second_piece_of_code_sets_what_the_first_did_not(self):
        text = "% part p:\n{x}\n% end\n% code:\nif 0:\n    x = 1\n% end\n% code:\nx = 5\n% end\n% show p"
        self.assertEqual(Page(text).render(), "5\n")

    def test_variable_of_a_part_stays_there(self):
        text = "% part p:\n% code:\nx = 1\n% end\n{x}\n% end\n% show p\n{x}"
        self.assertEqual(Page(text).render(x=9), "1\n9\n")


if __name__ == "__main__":
    unittest.main()
