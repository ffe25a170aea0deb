import unittest

from feedreader import read_feed

BASE = "http://example.org/blog/"


def entry(content):
    return read_feed(f"<rss><channel><item>{content}</item></channel></rss>", BASE).entries[0]


class GuidTest(unittest.TestCase):
    def test_spelling_of_false(self):
        self.assertEqual(entry('<guid isPermaLink=" False ">42</guid>'), {"id": "42"})

    def test_path_like(self):
        self.assertEqual(entry('<guid isPermaLink="false">/a/../b</guid>')["id"], "/a/../b")

    def test_query_like(self):
        self.assertEqual(entry('<guid isPermaLink="false">?p=9</guid>')["id"], "?p=9")

    def test_own_base(self):
        found = entry('<guid isPermaLink="false" xml:base="x/">key</guid><comments>c</comments>')
        self.assertEqual(found, {"id": "key", "comments": BASE + "c"})

    def test_entries_do_not_mix(self):
        items = '<item><guid isPermaLink="false">a</guid></item><item><guid>b</guid></item>'
        found = read_feed(f"<rss><channel>{items}</channel></rss>", BASE).entries
        self.assertEqual(found, [{"id": "a"}, {"id": BASE + "b", "link": BASE + "b"}])

    def test_other_addresses(self):
        self.assertEqual(entry("<guid>http://b.example/1</guid>")["id"], "http://b.example/1")
        self.assertEqual(entry("<comments>../c</comments>")["comments"], "http://example.org/c")
