import unittest

import wording


class HiddenSnakeCaseTest(unittest.TestCase):
    def test_capitalised_words(self):
        self.assertEqual(wording.snake_case("Max Line Width"), "max_line_width")

    def test_abbreviation(self):
        self.assertEqual(wording.snake_case("parseHTMLPage"), "parse_html_page")
        self.assertEqual(wording.snake_case("HTTP"), "http")

    def test_constant(self):
        self.assertEqual(wording.snake_case("MAX_WIDTH"), "max_width")

    def test_other_values(self):
        self.assertEqual(wording.snake_case(b"Max-Width"), "max_width")
        self.assertEqual(wording.snake_case(True), "true")

    def test_renamed_keys(self):
        self.assertEqual(
            wording.rename_keys({"userName": 1, "HomeAddress": {"zipCode": 2}}),
            {"user_name": 1, "home_address": {"zip_code": 2}},
        )


class HiddenNeighbourTest(unittest.TestCase):
    def test_nothing(self):
        self.assertEqual(wording.snake_case(None), "")
        self.assertEqual(wording.snake_case("--- "), "")

    def test_numbers(self):
        self.assertEqual(wording.snake_case("page 12b"), "page_12_b")

    def test_words_keep_their_letters(self):
        self.assertEqual(wording.words("MaxWidth"), ["Max", "Width"])
        self.assertEqual(wording.start_case("parseHTML"), "Parse HTML")
