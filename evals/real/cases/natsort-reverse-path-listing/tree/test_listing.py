import io
import unittest

import listing


def run(*arguments):
    out = io.StringIO()
    listing.main(list(arguments), out=out)
    return out.getvalue().splitlines()


class ListingTest(unittest.TestCase):
    def test_natural_order(self):
        self.assertEqual(run("b/a10", "b/a9", "a/x"), ["a/x", "b/a9", "b/a10"])

    def test_reverse(self):
        self.assertEqual(run("-r", "b/a10", "b/a9", "a/x"), ["a/x", "b/a10", "b/a9"])

    def test_filter(self):
        self.assertEqual(run("-f", "2", "9", "f1", "f5", "f10"), ["f5"])

    def test_exclude(self):
        self.assertEqual(run("-e", "tmp", "f2", "f1.tmp"), ["f2"])

    def test_bad_range(self):
        with self.assertRaises(ValueError):
            listing.Range(3, 3)


class SummaryTest(unittest.TestCase):
    def test_after_listing(self):
        self.assertEqual(run("-s", "d/f2", "d/f1", "g"), ["g", "d/f1", "d/f2", ".: 1", "d: 2", "total: 3"])

    def test_after_reversed_listing(self):
        lines = run("-s", "-r", "d/f2", "d/f1", "g")
        self.assertEqual(lines, ["g", "d/f2", "d/f1", ".: 1", "d: 2", "total: 3"])
