import unittest

from frames import FrameParser


class FrameParserTest(unittest.TestCase):
    def check(self, source, outline, errors=()):
        parser = FrameParser()
        self.assertEqual(parser.parse(source).outline(), outline)
        self.assertEqual(parser.errors, list(errors))
        return parser

    def test_plain_page(self):
        self.check("<p>Hi <br>you</p>", "html[p['Hi ' br 'you']]")

    def test_frames(self):
        parser = self.check("<frameset><frame src=a> <frame src=b></frameset>", "html[frameset[frame frame]]")
        self.assertEqual(parser.root.children[0].children[1].attributes, {"src": "b"})

    def test_fallback_among_frames(self):
        self.check(
            "<frameset><frame><noframes>Sorry</noframes><frame></frameset>",
            "html[frameset[frame noframes['Sorry'] frame]]",
        )

    def test_fallback_after_the_frames(self):
        self.check(
            "<frameset><frame></frameset><noframes>Sorry</noframes>",
            "html[frameset[frame] noframes['Sorry']]",
        )

    def test_frame_in_a_page(self):
        self.check("<p><frame></p>", "html[p]", ["frame inside of the text"])

    def test_text_among_frames(self):
        self.check("<frameset>lost<frame></frameset>", "html[frameset[frame]]", ["unexpected text 'lost'"])


if __name__ == "__main__":
    unittest.main()
