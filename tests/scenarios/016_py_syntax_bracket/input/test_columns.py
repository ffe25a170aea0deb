import unittest

from columns import render


class RenderTest(unittest.TestCase):
    def test_table(self):
        text = render([("id", "name"), (1, "Ana"), (22, "Bo")])
        self.assertEqual(text.splitlines()[0], " id | name ")
        self.assertEqual(text.splitlines()[1], "----+------")
        self.assertEqual(text.splitlines()[3], " 22 | Bo   ")
