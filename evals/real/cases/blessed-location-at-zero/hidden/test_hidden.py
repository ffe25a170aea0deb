import io
import unittest

from screen import ProgressBar, Screen


class PlaceTest(unittest.TestCase):
    def setUp(self):
        self.stream = io.StringIO()
        self.screen = Screen(self.stream, width=10, height=3, styled=True)

    def at(self, *args, **kwargs):
        with self.screen.place(*args, **kwargs):
            pass
        return self.stream.getvalue().replace("\x1b", "^")

    def test_corner(self):
        self.assertEqual(self.at(0, 0), "^7^[1;1H^8")

    def test_first_column_only(self):
        self.assertEqual(self.at(x=0), "^7^[1G^8")

    def test_first_row_only(self):
        self.assertEqual(self.at(y=0), "^7^[1d^8")

    def test_first_row_of_a_column(self):
        self.assertEqual(self.at(6, 0), "^7^[1;7H^8")

    def test_title_and_bar(self):
        self.screen.title("ab")
        ProgressBar(self.screen, 2, row=0, left=0).show(1)
        self.assertEqual(
            self.stream.getvalue().replace("\x1b", "^"),
            "^7^[1;5H^[1mab^[m^8^7^[1;1H[####....]^8",
        )

    def test_no_coordinate(self):
        self.assertEqual(self.at(), "^7^8")


if __name__ == "__main__":
    unittest.main()
