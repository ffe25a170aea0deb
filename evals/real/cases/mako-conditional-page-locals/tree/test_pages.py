import textwrap
import unittest

from pages import Page, PageSyntaxError, assigned_names


def page(text):
    return Page(textwrap.dedent(text).strip("\n"))


class PageTest(unittest.TestCase):
    def test_values(self):
        self.assertEqual(page("a {n} b {n + 1}").render(n=1), "a 1 b 2\n")

    def test_parts_see_the_variables_of_the_page(self):
        text = """
            % part foot:
            -- {author}
            % end
            % code:
            author = "E. " + "Kuhn"
            % end
            % show foot
        """
        self.assertEqual(page(text).render(), "-- E. Kuhn\n")

    def test_variable_set_in_one_branch(self):
        text = """
            % code:
            mark = "old"
            if len(mark) > 5:
                note = "long"
            % end
            {mark}
        """
        self.assertEqual(page(text).render(), "old\n")

    def test_loop_variable(self):
        text = """
            % code:
            total = 0
            for n in (1, 2, 3):
                total += n
            % end
            {total}
        """
        self.assertEqual(page(text).render(), "6\n")

    def test_assigned_names(self):
        self.assertEqual(assigned_names("b = 1\nfor a in x:\n    c, d = a"), ["b", "a", "c", "d"])

    def test_missing_end(self):
        with self.assertRaises(PageSyntaxError):
            page("% code:\nx = 1")


if __name__ == "__main__":
    unittest.main()
