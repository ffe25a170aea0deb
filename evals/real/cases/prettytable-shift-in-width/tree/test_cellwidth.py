import unittest

from cellwidth import block_size, columns, pad, text_width, wrap


class WidthTest(unittest.TestCase):
    def test_plain(self):
        self.assertEqual(text_width("abc"), 3)

    def test_wide(self):
        self.assertEqual(text_width("日本x"), 5)

    def test_colour(self):
        self.assertEqual(text_width("\x1b[31mred\x1b[0m"), 3)

    def test_reset_as_terminfo_gives_it(self):
        self.assertEqual(text_width("\x1b[1mbold\x1b[m\x0f"), 4)

    def test_block(self):
        self.assertEqual(block_size("ab\nabc\n"), (3, 3))


class LayoutTest(unittest.TestCase):
    def test_pad(self):
        self.assertEqual(pad("日", 5, "r"), "   日")
        self.assertEqual(pad("ab", 5, "c"), " ab  ")

    def test_wrap(self):
        self.assertEqual(wrap("日本語", 4), ["日本", "語"])

    def test_columns(self):
        self.assertEqual(columns([["a", "b"], ["ccc", "d"]]), ["a    b", "ccc  d"])
