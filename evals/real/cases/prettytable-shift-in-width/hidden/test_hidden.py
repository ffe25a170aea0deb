import unittest

from cellwidth import block_size, char_width, columns, pad, text_width, wrap


class HiddenShiftInTest(unittest.TestCase):
    def test_character_alone(self):
        self.assertEqual(char_width(0x0F), 0)
        self.assertEqual(text_width("\x0f\x0f"), 0)

    def test_without_escape_sequence(self):
        self.assertEqual(text_width("a\x0fb"), 2)

    def test_padding(self):
        self.assertEqual(pad("on\x0f", 4), "on\x0f  ")
        self.assertEqual(pad("日\x0f", 4, "r"), "  日\x0f")

    def test_columns(self):
        self.assertEqual(columns([["a\x0f", "b"], ["cc", "d"]]), ["a\x0f   b", "cc  d"])

    def test_wrap_and_block(self):
        self.assertEqual(wrap("ab\x0f", 2), ["ab\x0f"])
        self.assertEqual(block_size("a\x0f\nbc\x0f"), (2, 2))


class HiddenNeighbourTest(unittest.TestCase):
    def test_other_controls(self):
        self.assertEqual([char_width(code) for code in (0x00, 0x1F, 0x08, 0x7F)], [0, 0, -1, -1])

    def test_other_unknown_characters(self):
        self.assertEqual([char_width(code) for code in (0x0E, 0x10, 0xE9)], [1, 1, 1])

    def test_combining(self):
        self.assertEqual(text_width("e\u0301"), 1)
