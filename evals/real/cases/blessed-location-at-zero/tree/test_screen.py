import io
import unittest

from screen import ProgressBar, Screen


class ScreenTest(unittest.TestCase):
    def setUp(self):
        self.stream = io.StringIO()
        self.screen = Screen(self.stream, width=20, height=5, styled=True)

    def written(self):
        return self.stream.getvalue().replace("\x1b", "^")

    def test_place(self):
        with self.screen.place(3, 4):
            self.screen.write("x")
        self.assertEqual(self.written(), "^7^[5;4Hx^8")

    def test_one_coordinate(self):
        with self.screen.place(x=3):
            with self.screen.place(y=4):
                self.screen.write("x")
        self.assertEqual(self.written(), "^7^[4G^7^[5dx^8^8")

    def test_status(self):
        self.screen.status("ready")
        self.assertEqual(self.written(), "^7^[5;1Hready^[K^8")

    def test_progress(self):
        ProgressBar(self.screen, 4, row=1).show(1)
        self.assertEqual(self.written(), "^7^[2;3H[####............]^8")

    def test_full_screen(self):
        with self.screen.full_screen(), self.screen.hidden_cursor():
            self.screen.write("x")
        self.assertEqual(self.written(), "^[?1049h^[?25lx^[?25h^[?1049l")

    def test_no_terminal(self):
        plain = Screen(self.stream)
        with plain.place(1, 2):
            plain.write(plain.bold("x"))
        self.assertEqual(self.written(), "x")


if __name__ == "__main__":
    unittest.main()
