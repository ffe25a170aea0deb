import unittest
import warnings

from genome import Genome, coding_span, usable
from spans import Span

GENE = "g1\tchr1\t+\t10\t50\t30\t30\textra"


def count(function, *arguments):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = function(*arguments)
    return result, len(caught)


class HiddenWarningTest(unittest.TestCase):
    def test_gene_table(self):
        genome, warned = count(Genome.from_genes, [GENE])
        self.assertEqual(list(genome["chr1"]), [Span(10, 50, "g1")])
        self.assertEqual(warned, 0)

    def test_one_warning_for_each_widened_span(self):
        _, warned = count(Genome.from_bed, ["c\t1\t4", "c\t5\t5", "c\t9\t7", "c\t8\t9"])
        self.assertEqual(warned, 2)

    def test_length_one_is_good(self):
        self.assertEqual(count(usable, Span(3, 4, "x")), (Span(3, 4, "x"), 0))

    def test_as_errors(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            genome = Genome.from_bed(["c\t1\t4"])
        self.assertEqual(len(genome["c"]), 1)


class HiddenNeighbourTest(unittest.TestCase):
    def test_widened_gene(self):
        genome, warned = count(Genome.from_genes, [GENE], coding_span)
        self.assertEqual(list(genome["chr1"]), [Span(30, 31, "g1")])
        self.assertEqual(warned, 1)

    def test_reversed_span(self):
        self.assertEqual(count(usable, Span(9, 2, "d")), (Span(9, 10, "d"), 1))

    def test_sets_refuse_empty_spans(self):
        with self.assertRaises(ValueError):
            Genome().add("c", 3, 3)
