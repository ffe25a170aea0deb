import unittest

import display_limits
from display_limits import control_value, limit_value, report


class LimitTest(unittest.TestCase):
    def test_number(self):
        self.assertEqual(limit_value("PC_PIPE_BUF", lambda name: 4096, {"PC_PIPE_BUF"}), "4096")

    def test_unknown(self):
        self.assertEqual(limit_value("PC_PIPE_BUF", lambda name: 4096, set()), "undefined")

    def test_error(self):
        def query(name):
            raise OSError(22, "invalid")

        self.assertEqual(limit_value("PC_MAX_INPUT", query, {"PC_MAX_INPUT"}), "error 22")

    def test_disabling_value(self):
        self.assertEqual(limit_value("PC_VDISABLE", lambda name: 255, {"PC_VDISABLE"}), r"\xff")
        self.assertEqual(limit_value("PC_VDISABLE", lambda name: 0, {"PC_VDISABLE"}), r"\x00")


class ControlTest(unittest.TestCase):
    def test_notation(self):
        values = [control_value(code, 255) for code in (3, 127, 255, 65, 200)]
        self.assertEqual(values, ["^C", "^?", "disabled", "A", "200 (0xc8)"])


class ReportTest(unittest.TestCase):
    def test_rows(self):
        lines = report(lambda name: 255, {"PC_MAX_CANON"}, [3, 28]).splitlines()
        self.assertEqual(lines[1], "-" * 13 + " " + "-" * 12 + " " + "-" * 11)
        self.assertEqual(lines[2].split()[:2], ["PC_MAX_CANON", "255"])
        self.assertEqual([line.split()[1] for line in lines[-2:]], ["^C", "^\\"])
        self.assertEqual(len(lines), 2 + len(display_limits.LIMITS) + 1 + 2)
