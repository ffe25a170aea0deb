import unittest

from checker import Checker, check


class BodyTest(unittest.TestCase):
    def details(self, document):
        return [details for _, code, details in Checker().check(document) if code.startswith("expected-one")]

    def test_details(self):
        self.assertEqual(self.details("<body><section></body>"), [{"expected": "section", "got": "body"}])

    def test_first_open_element_counts(self):
        self.assertEqual(self.details("<body><p><b><i></body>"), [{"expected": "b", "got": "body"}])

    def test_implied_by_end_of_document(self):
        self.assertEqual(
            check("<html><body><table></html>"),
            ["line 1: Unexpected end tag (body). Expected end tag (table)."],
        )

    def test_elements_that_may_stay_open(self):
        self.assertEqual(check("<body><p><dl><dt></dl></body>"), [])
        self.assertEqual(self.details("<body><p><li></body>"), [])

    def test_early_end(self):
        self.assertEqual(check("<div><b></div>"), ["line 1: End tag (div) comes while b is open."])
