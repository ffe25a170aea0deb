"""Read annotated positions on chromosomes from tables."""

import warnings
from collections import defaultdict

from spans import Span, SpanSet

GENE_FIELDS = ("name", "chrom", "strand", "tx_start", "tx_end", "cds_start", "cds_end")


class TableError(ValueError):
    pass


def parse_gene(line):
    """One line of a gene table as a mapping; further columns are ignored."""
    values = line.split("\t")
    if len(values) < len(GENE_FIELDS):
        raise TableError(f"{len(values)} columns, at least {len(GENE_FIELDS)} expected")
    return dict(zip(GENE_FIELDS, values))


def transcript_span(gene):
    return int(gene["tx_start"]), int(gene["tx_end"])


def coding_span(gene):
    return int(gene["cds_start"]), int(gene["cds_end"])


def content_lines(lines):
    """The lines that hold data, without line ends."""
    for line in lines:
        line = line.rstrip("\r\n")
        if line and not line.startswith(("#", "track ", "browser ")):
            yield line


def usable(span):
    """A span that can be stored.

    Tables may hold spans whose end does not lie behind their begin, as markers of a single
    position. They become spans of length 1.
    """
    if span.is_empty():
        widened = Span(span.begin, span.begin + 1, span.data)
        warnings.warn("A span without extent was widened to a single position.", stacklevel=3)
        return widened
    else:
        return span


class Genome(defaultdict):
    """Maps the name of each chromosome to its spans."""

    def __init__(self):
        super().__init__(SpanSet)

    def add(self, chromosome, begin, end, data=None):
        self[chromosome].add(Span(begin, end, data))

    def find(self, chromosome, begin, end):
        """Spans that overlap a region, without making an entry for an unknown chromosome."""
        if chromosome not in self:
            return []
        return self[chromosome].between(begin, end)

    def covered(self):
        return {chromosome: spans.covered() for chromosome, spans in sorted(self.items())}

    @classmethod
    def from_bed(cls, lines, convert=None):
        """Read chromosome, begin and end from each line; the rest of it is the data."""
        genome = cls()
        for line in content_lines(lines):
            values = line.split("\t")
            if len(values) < 3:
                raise TableError(f"{len(values)} columns, at least 3 expected")
            data = convert(values[3:]) if convert else values[3:] or None
            span = usable(Span(int(values[1]), int(values[2]), tuple(data) if data else None))
            genome[values[0]].add(span)
        return genome

    @classmethod
    def from_genes(cls, lines, region=transcript_span):
        """Read a gene table; `region` picks begin and end of each gene."""
        genome = cls()
        for line in content_lines(lines):
            gene = parse_gene(line)
            begin, end = region(gene)
            genome[gene["chrom"]].add(usable(Span(begin, end, gene["name"])))
        return genome
