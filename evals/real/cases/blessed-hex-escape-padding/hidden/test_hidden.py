import unittest

from display_limits import limit_value, report

KNOWN = {"PC_VDISABLE", "PC_MAX_INPUT"}


def disabling(value):
    return limit_value("PC_VDISABLE", lambda name: value, KNOWN)


class DisablingValueTest(unittest.TestCase):
    def test_one_digit(self):
        self.assertEqual(disabling(4), r"\x04")

    def test_highest_digit(self):
        self.assertEqual(disabling(15), r"\x0f")

    def test_all(self):
        for value in range(256):
            self.assertEqual(eval("'" + disabling(value) + "'"), chr(value))

    def test_row(self):
        lines = report(lambda name: 7, KNOWN).splitlines()
        self.assertEqual(lines[-1].split()[:2], ["PC_VDISABLE", r"\x07"])

    def test_two_digits(self):
        self.assertEqual(disabling(16), r"\x10")

    def test_no_limit(self):
        self.assertEqual(limit_value("PC_MAX_INPUT", lambda name: -1, KNOWN), "no limit")
        self.assertEqual(limit_value("PC_MAX_INPUT", lambda name: 5, KNOWN), "5")
