import unittest

import wording


class CaseTest(unittest.TestCase):
    def test_words(self):
        self.assertEqual(wording.words("parseHTMLPage2 now"), ["parse", "HTML", "Page", "2", "now"])

    def test_camel_case(self):
        self.assertEqual(wording.camel_case("max_line-width"), "maxLineWidth")

    def test_kebab_case(self):
        self.assertEqual(wording.kebab_case("Max lineWidth"), "max-line-width")

    def test_snake_case(self):
        self.assertEqual(wording.snake_case("max line-width"), "max_line_width")
        self.assertEqual(wording.snake_case("maxLineWidth"), "max_line_width")

    def test_human_case(self):
        self.assertEqual(wording.human_case("ownerAccountId"), "Owner account")

    def test_constant_case(self):
        self.assertEqual(wording.constant_case("maxWidth"), "MAX_WIDTH")

    def test_truncate(self):
        self.assertEqual(wording.truncate("one two three", 10), "one...")
