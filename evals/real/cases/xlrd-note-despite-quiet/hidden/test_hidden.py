import io
import unittest
from contextlib import redirect_stdout

from workbook import EOF_RECORD, Workbook, boundsheet, record

CHART = boundsheet("Plot", 128, sheet_kind=2)
MACRO = boundsheet("Auto", 128, sheet_kind=1)
ODD = boundsheet("What", 128, sheet_kind=9)


def read(data, verbosity):
    log = io.StringIO()
    book = Workbook(log, verbosity).read(data + record(EOF_RECORD))
    return book, log.getvalue()


class HiddenLogTest(unittest.TestCase):
    def test_quiet_for_every_kind(self):
        for data in (CHART, MACRO, ODD, CHART + MACRO):
            self.assertEqual(read(data, 0)[1], "")

    def test_quiet_on_standard_output(self):
        out = io.StringIO()
        with redirect_stdout(out):
            Workbook().read(MACRO + record(EOF_RECORD))
        self.assertEqual(out.getvalue(), "")

    def test_quiet_below_zero(self):
        self.assertEqual(read(ODD, -1)[1], "")

    def test_noted_at_level_one(self):
        self.assertEqual(read(CHART, 1)[1], "NOTE ignoring 'Plot', no worksheet (0x02 = Chart)\n")
        self.assertEqual(read(ODD, 1)[1], "NOTE ignoring 'What', no worksheet (0x09 = UNKNOWN)\n")

    def test_noted_at_level_two(self):
        self.assertEqual(
            read(MACRO, 2)[1].splitlines()[1], "NOTE ignoring 'Auto', no worksheet (0x01 = Macro sheet)"
        )


class HiddenNeighbourTest(unittest.TestCase):
    def test_still_left_out_when_quiet(self):
        book, _ = read(CHART + boundsheet("A") + MACRO, 0)
        self.assertEqual(book.sheet_map, [-1, 0, -1])
        self.assertEqual(book.nsheets, 1)

    def test_worksheets_are_no_note_at_level_one(self):
        self.assertEqual(read(boundsheet("A"), 1)[1], "")
