import io
import struct
import unittest

from workbook import CODEPAGE, EOF_RECORD, Workbook, WorkbookError, boundsheet, record

SHEETS = boundsheet("Sums", 64) + boundsheet("Plot", 128, sheet_kind=2) + boundsheet("Old", 256, 1)


def read(data, verbosity=0):
    log = io.StringIO()
    return Workbook(log, verbosity).read(data + record(EOF_RECORD)), log.getvalue()


class SheetTest(unittest.TestCase):
    def test_names_and_positions(self):
        book, _ = read(SHEETS)
        self.assertEqual(book.sheet_names, ["Sums", "Old"])
        self.assertEqual(book.position_of("Old"), 256)
        self.assertEqual(book.visibility_of("Old"), "hidden")

    def test_charts_are_mapped_to_nothing(self):
        book, _ = read(SHEETS)
        self.assertEqual(book.sheet_map, [0, -1, 1])

    def test_code_page(self):
        data = record(CODEPAGE, struct.pack("<H", 1252)) + boundsheet("Maß", encoding="cp1252")
        self.assertEqual(read(data)[0].sheet_names, ["Maß"])

    def test_no_end(self):
        with self.assertRaises(WorkbookError):
            Workbook().read(SHEETS[:0])


class LogTest(unittest.TestCase):
    def test_quiet(self):
        self.assertEqual(read(SHEETS)[1], "")

    def test_everything(self):
        log = read(boundsheet("A") + record(0x99, b"xy"), verbosity=2)[1]
        self.assertEqual(
            log, "NOTE sheet 'A' of kind 0x00 at 0\nNOTE unused record 0x99 of 2 bytes\n"
        )
