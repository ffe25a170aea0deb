import unittest

from tables import Table


def cities(**options):
    table = Table(["city", "rain"], **options)
    table.add_row(["Perth", 800])
    table.add_row(["Hobart & port", 600])
    return table


class TextTest(unittest.TestCase):
    def test_full(self):
        lines = cities().get_string(end=1).splitlines()
        self.assertEqual(lines[1], "| city  | rain |")
        self.assertEqual(lines[3], "| Perth | 800  |")

    def test_without_header(self):
        self.assertEqual(cities().get_string(header=False, border=False, end=1), " Perth  800")

    def test_sorted(self):
        text = cities().get_string(sort_by="rain", border=False, fields=["rain"])
        self.assertEqual(text.split(), ["rain", "600", "800"])


class HtmlTest(unittest.TestCase):
    def test_header_and_escaping(self):
        html = cities(border=False).get_html(start=1, fields=["city"])
        self.assertEqual(
            [line.strip() for line in html.splitlines()],
            ["<table>", "<tr>", "<th>city</th>", "</tr>"]
            + ["<tr>", "<td>Hobart &amp; port</td>", "</tr>", "</table>"],
        )

    def test_without_header(self):
        html = cities().get_html(header=False, end=1)
        self.assertEqual(
            [line.strip() for line in html.splitlines()],
            ['<table border="1">', "<tr>", "<td>Perth</td>", "<td>800</td>", "</tr>", "</table>"],
        )

    def test_attributes(self):
        html = cities().get_html(attributes={"class": "wide"})
        self.assertTrue(html.startswith('<table border="1" class="wide">'))
