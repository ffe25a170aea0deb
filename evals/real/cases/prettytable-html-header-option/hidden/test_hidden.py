import unittest

from tables import Table


class HeaderTest(unittest.TestCase):
    def table(self, **options):
        table = Table(["a", "b"], **options)
        table.add_row([1, 2])
        return table

    def test_option_of_the_table(self):
        html = self.table(header=False).get_html()
        self.assertNotIn("<th>", html)
        self.assertEqual(html.count("<tr>"), 1)

    def test_without_rows(self):
        self.assertEqual(Table(["a"]).get_html(header=False, border=False), "<table>\n</table>")

    def test_with_chosen_fields(self):
        html = self.table().get_html(header=False, border=False, fields=["b"])
        self.assertEqual(html.split(), ["<table>", "<tr>", "<td>2</td>", "</tr>", "</table>"])

    def test_call_overrides_table(self):
        html = self.table(header=False).get_html(header=True, border=False)
        self.assertEqual(html.count("<th>"), 2)
        self.assertEqual(html.count("<tr>"), 2)

    def test_header_by_default(self):
        self.assertIn("<th>a</th>", self.table().get_html())
