import unittest

from feed import parse

DRAWING = '<svg><metadata><dc:title>Tree</dc:title></metadata><path d="M0 0"></path></svg>'


class ParseTest(unittest.TestCase):
    def test_feed_and_entry_titles(self):
        data, entries = parse("<feed><title>News</title><entry><title>One</title></entry></feed>")
        self.assertEqual(data, {"title": "News"})
        self.assertEqual(entries, [{"title": "One"}])

    def test_prefixed_elements(self):
        _, entries = parse("<item><dc:title>One</dc:title><dc:creator>Ada</dc:creator></item>")
        self.assertEqual(entries, [{"title": "One", "author": "Ada"}])

    def test_content_keeps_its_markup(self):
        _, entries = parse("<entry><content><p>a &amp; <b>b</b></p></content></entry>")
        self.assertEqual(entries, [{"content": "<p>a &amp; <b>b</b></p>"}])

    def test_titled_drawing_in_content(self):
        _, entries = parse(f"<entry><title>One</title><content>{DRAWING}</content></entry>")
        self.assertEqual(entries, [{"title": "One", "content": DRAWING}])

    def test_links(self):
        data, _ = parse('<feed><link href="a"></link><link href="b"></link></feed>')
        self.assertEqual(data, {"links": ["a", "b"]})


if __name__ == "__main__":
    unittest.main()
