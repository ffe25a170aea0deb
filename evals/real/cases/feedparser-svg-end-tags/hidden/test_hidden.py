import unittest

from feed import parse


def entry(text):
    return parse(f"<entry>{text}</entry>")[1][0]


class DrawingTest(unittest.TestCase):
    def test_creator_in_a_drawing(self):
        drawing = "<svg><dc:creator><b>Bo</b></dc:creator></svg>"
        self.assertEqual(
            entry(f"<dc:creator>Ada</dc:creator><content>{drawing}</content>"),
            {"author": "Ada", "content": drawing},
        )

    def test_content_element_in_a_drawing(self):
        inner = "<svg><content>x</content><g></g></svg>y"
        self.assertEqual(entry(f"<content>{inner}</content>"), {"content": inner})

    def test_drawing_of_an_untitled_entry(self):
        inner = "a<svg><dc:title>T</dc:title></svg>b"
        self.assertEqual(entry(f"<content>{inner}</content>"), {"content": inner})

    def test_drawing_outside_of_content(self):
        self.assertEqual(entry("<title>One</title><svg><title>T</title></svg>"), {"title": "One"})

    def test_elements_after_the_drawing_count_again(self):
        inner = "<svg><dc:title>T</dc:title></svg>"
        self.assertEqual(
            entry(f"<content>{inner}</content><dc:title>One</dc:title>"),
            {"content": inner, "title": "One"},
        )

    def test_prefixed_title_in_content_without_drawing(self):
        self.assertEqual(
            entry("<content><p><dc:creator>Ada</dc:creator></p></content>"),
            {"content": "<p><dc:creator>Ada</dc:creator></p>", "author": "Ada"},
        )


if __name__ == "__main__":
    unittest.main()
