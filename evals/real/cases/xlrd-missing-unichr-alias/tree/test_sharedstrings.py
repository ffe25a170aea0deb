import unittest

from sharedstrings import SharedStrings

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def table(*items, count=None):
    attribute = "" if count is None else f' uniqueCount="{count}"'
    body = "".join(f"<si>{item}</si>" for item in items)
    return SharedStrings.parse(f'<sst xmlns="{MAIN}"{attribute}>{body}</sst>')


class SharedStringsTest(unittest.TestCase):
    def test_plain(self):
        strings = table("<t>one</t>", "<t> two </t>", "<t/>")
        self.assertEqual([strings[0], strings[1], strings[2]], ["one", "two", ""])

    def test_space_is_preserved(self):
        self.assertEqual(table('<t xml:space="preserve"> two </t>')[0], " two ")

    def test_rich_text(self):
        self.assertEqual(table("<r><rPr/><t>bold</t></r><r><t>plain</t></r>")[0], "boldplain")

    def test_escaped_character(self):
        self.assertEqual(table("<t>bell_x0007_</t>")[0], "bell\x07")

    def test_resolve(self):
        strings = table("<t>a</t>", "<t>b</t>", count=2)
        self.assertEqual(strings.resolve("1"), "b")
        self.assertTrue(strings.is_complete())
        with self.assertRaises(IndexError):
            strings.resolve("2")
