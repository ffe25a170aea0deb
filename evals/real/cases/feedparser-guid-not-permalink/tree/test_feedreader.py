import unittest

from feedreader import read_feed

BASE = "http://example.org/blog/"


def entry(content, base=BASE):
    return read_feed(f"<rss><channel><item>{content}</item></channel></rss>", base).entries[0]


class EntryTest(unittest.TestCase):
    def test_link_is_resolved(self):
        self.assertEqual(entry("<link>one.html</link>")["link"], BASE + "one.html")

    def test_guid_is_link(self):
        found = entry("<guid>two.html</guid>")
        self.assertEqual(found["id"], BASE + "two.html")
        self.assertEqual(found["link"], BASE + "two.html")

    def test_guid_is_no_link(self):
        found = entry('<guid isPermaLink="false">post-17</guid><link>17.html</link>')
        self.assertEqual(found, {"id": "post-17", "link": BASE + "17.html"})

    def test_text(self):
        found = entry("<title> A\n title </title><description>&lt;b&gt;x &lt;/b&gt;</description>")
        self.assertEqual(found, {"title": "A title", "summary": "<b>x </b>"})


class FeedTest(unittest.TestCase):
    def test_nested_base(self):
        document = (
            '<feed xml:base="http://example.org/a/"><logo>l.png</logo>'
            '<entry xml:base="b/"><link href="c"/><category>t</category></entry></feed>'
        )
        found = read_feed(document)
        self.assertEqual(found.feed, {"logo": "http://example.org/a/l.png"})
        self.assertEqual(found.entries, [{"link": "http://example.org/a/b/c", "tags": ["t"]}])
