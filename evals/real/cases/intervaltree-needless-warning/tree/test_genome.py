import unittest
import warnings

from genome import Genome, TableError
from spans import Span


def read(lines):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        genome = Genome.from_bed(lines)
    return genome, caught


class BedTest(unittest.TestCase):
    def test_spans_and_data(self):
        genome, _ = read(["# a comment", "chr1\t5\t9\tpeak\t+", "chr2\t1\t2"])
        self.assertEqual(list(genome["chr1"]), [Span(5, 9, ("peak", "+"))])
        self.assertEqual(list(genome["chr2"]), [Span(1, 2)])

    def test_span_without_extent_is_widened(self):
        genome, caught = read(["chr1\t5\t5"])
        self.assertEqual(list(genome["chr1"]), [Span(5, 6)])
        self.assertEqual(len(caught), 1)

    def test_good_table_gives_no_warning(self):
        _, caught = read(["chr1\t5\t9", "chr1\t7\t8"])
        self.assertEqual([str(warning.message) for warning in caught], [])

    def test_too_few_columns(self):
        with self.assertRaises(TableError):
            read(["chr1\t5"])


class QueryTest(unittest.TestCase):
    def test_find(self):
        genome = Genome()
        genome.add("chr1", 5, 9)
        self.assertEqual(genome.find("chr1", 8, 20), [Span(5, 9)])
        self.assertEqual(genome.find("chr2", 8, 20), [])
        self.assertEqual(list(genome), ["chr1"])

    def test_covered(self):
        genome = Genome()
        genome.add("chr1", 5, 9)
        genome.add("chr1", 7, 12)
        self.assertEqual(genome.covered(), {"chr1": 7})
