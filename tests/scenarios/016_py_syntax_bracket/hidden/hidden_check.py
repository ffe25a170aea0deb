import unittest

from columns import render


class HiddenTest(unittest.TestCase):
    def test_one_column(self):
        self.assertEqual(render([("a",), ("b",)]), " a \n---\n b ")
