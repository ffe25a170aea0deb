import unittest

from frames import FrameParser


class NoframesTest(unittest.TestCase):
    def check(self, source, outline, mode, errors=()):
        parser = FrameParser()
        self.assertEqual(parser.parse(source).outline(), outline)
        self.assertEqual(parser.errors, list(errors))
        self.assertEqual(parser.mode_name, mode)

    def test_mode_stays_while_open(self):
        self.check("<frameset><noframes>", "html[frameset[noframes]]", "in_frameset")

    def test_mode_after_the_end_of_the_frames(self):
        self.check(
            "<frameset><noframes>x</noframes></frameset>",
            "html[frameset[noframes['x']]]",
            "after_frameset",
        )

    def test_nested_frames_follow(self):
        self.check(
            "<frameset><noframes></noframes><frameset><frame></frameset></frameset>",
            "html[frameset[noframes frameset[frame]]]",
            "after_frameset",
        )

    def test_stray_text_after_the_fallback(self):
        self.check(
            "<frameset><noframes>x</noframes>lost</frameset>",
            "html[frameset[noframes['x']]]",
            "after_frameset",
            ["unexpected text 'lost'"],
        )

    def test_two_fallbacks(self):
        self.check(
            "<frameset><noframes>a</noframes><p><noframes>b</noframes></frameset>",
            "html[frameset[noframes['a'] noframes['b']]]",
            "after_frameset",
            ["unexpected start of p"],
        )

    def test_pages_without_frames_stay(self):
        self.check("<b><noframes>x</noframes><frameset>", "html[b[noframes['x']]]", "in_body",
                   ["frameset inside of the text"])


if __name__ == "__main__":
    unittest.main()
