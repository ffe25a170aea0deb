import unittest

from feedhandler import ATOM, SVG, XLINK, FeedHandler, parse


class HiddenDefaultNamespaceTest(unittest.TestCase):
    def test_none_as_prefix(self):
        handler = FeedHandler()
        handler.startPrefixMapping(None, XLINK)
        self.assertEqual(handler.namespaces, {None: XLINK})
        self.assertEqual(handler.declarations, {})

    def test_empty_prefix(self):
        handler = FeedHandler()
        handler.startPrefixMapping("", XLINK)
        self.assertEqual(handler.namespaces, {None: XLINK})
        self.assertEqual(handler.declarations, {})

    def test_both_ways_in_one_document(self):
        text = (
            f'<feed xmlns="{ATOM}" xmlns:l="{XLINK}"><entry><content>'
            f'<svg xmlns="{SVG}"><g xmlns="{XLINK}">1</g></svg></content></entry></feed>'
        )
        result = parse(text)
        self.assertEqual(result.declarations, {"xmlns:l": XLINK})
        self.assertEqual(result.entries[0]["content"], f'<svg xmlns:l="{XLINK}"><g>1</g></svg>')

    def test_drawing_stays_without_declaration(self):
        text = (
            f'<feed xmlns="{ATOM}"><entry><content><svg xmlns="{SVG}"><g xmlns="{XLINK}"/></svg>'
            "<svg/></content></entry></feed>"
        )
        self.assertEqual(parse(text).entries[0]["content"], "<svg><g></g></svg><svg></svg>")


class HiddenNeighbourTest(unittest.TestCase):
    def test_prefixes_are_kept_as_declared(self):
        handler = FeedHandler()
        handler.startPrefixMapping("x", XLINK)
        self.assertEqual(handler.declarations, {"xmlns:x": XLINK})

    def test_undeclared_default(self):
        handler = FeedHandler()
        handler.startPrefixMapping(None, "")
        self.assertEqual(handler.namespaces, {})

    def test_version_from_default_namespace(self):
        handler = FeedHandler()
        handler.startPrefixMapping("", ATOM)
        self.assertEqual(handler.version, "atom10")
