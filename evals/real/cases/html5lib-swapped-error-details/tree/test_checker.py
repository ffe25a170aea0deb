import unittest

from checker import Checker, check


class BalanceTest(unittest.TestCase):
    def test_balanced(self):
        self.assertEqual(check("<html><body><ul><li>a<li>b</ul><p>c<br></body></html>"), [])

    def test_early_end(self):
        self.assertEqual(check("<div>\n<b></div>"), ["line 2: End tag (div) comes while b is open."])

    def test_end_of_file(self):
        self.assertEqual(
            check("<div>\n\n<p>"), ["line 3: Unexpected end of file. Expected end tag (div)."]
        )

    def test_stray_end_tags(self):
        codes = [code for _, code, _ in Checker().check("</body></br></p></i>")]
        self.assertEqual(
            codes,
            ["unexpected-end-tag"] * 2 + ["unexpected-end-tag-implies-element", "unexpected-end-tag"],
        )


class BodyTest(unittest.TestCase):
    def test_open_element_at_end_of_body(self):
        self.assertEqual(
            check("<body>\n<div>text\n</body>"),
            ["line 3: Unexpected end tag (body). Expected end tag (div)."],
        )

    def test_tag_after_body(self):
        self.assertEqual(
            check("<body></body><img>"), ["line 1: Unexpected start tag (img) after the body."]
        )
