import unittest

from feedhandler import ATOM, XLINK, parse


def feed(body, declarations=""):
    return f'<feed xmlns="{ATOM}" {declarations}><entry>{body}</entry></feed>'


class EntryTest(unittest.TestCase):
    def test_text_fields(self):
        result = parse(feed("<title> One </title><id>x:1</id>"))
        self.assertEqual(result.entries, [{"title": "One", "id": "x:1"}])
        self.assertEqual(result.version, "atom10")

    def test_dublin_core_under_any_prefix(self):
        text = feed("<d:creator>Ann</d:creator>", 'xmlns:d="http://purl.org/dc/elements/1.1/"')
        self.assertEqual(parse(text).entries, [{"dc_creator": "Ann"}])

    def test_markup(self):
        result = parse(feed('<content><p class="a">1 &lt; 2</p></content>'))
        self.assertEqual(result.entries[0]["content"], '<p class="a">1 &lt; 2</p>')


class LinkNamespaceTest(unittest.TestCase):
    def test_prefix_is_declared_in_drawings(self):
        text = feed('<content><svg><a xlink:href="#b">c</a></svg></content>', f'xmlns:xlink="{XLINK}"')
        self.assertEqual(
            parse(text).entries[0]["content"],
            f'<svg xmlns:xlink="{XLINK}"><a xlink:href="#b">c</a></svg>',
        )

    def test_default_namespace(self):
        text = feed(f'<title>One</title><content><b xmlns="{XLINK}">2</b></content>')
        self.assertEqual(parse(text).entries, [{"title": "One", "content": "<b>2</b>"}])
