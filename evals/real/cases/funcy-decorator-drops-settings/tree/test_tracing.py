import unittest

from tracing import CallLog, DurationLog, ErrorLog


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


class ErrorLogTest(unittest.TestCase):
    def setUp(self):
        self.lines = []

    def test_block(self):
        with self.assertRaises(ValueError):
            with ErrorLog(self.lines.append, "setup", stack=False):
                raise ValueError("bad")
        self.assertEqual(self.lines, ["ValueError: bad in setup"])

    def test_decorator_with_trace(self):
        @ErrorLog(self.lines.append)
        def fail():
            raise KeyError("x")

        self.assertRaises(KeyError, fail)
        self.assertTrue(self.lines[0].startswith("Traceback"))
        self.assertTrue(self.lines[0].endswith("KeyError: 'x' in fail()"))

    def test_decorator_without_trace(self):
        @ErrorLog(self.lines.append, stack=False)
        def divide(a, b=1):
            return a / b

        self.assertRaises(ZeroDivisionError, divide, 5, b=0)
        self.assertEqual(self.lines, ["ZeroDivisionError: division by zero in divide(5, b=0)"])


class OtherLogTest(unittest.TestCase):
    def test_duration_of_block(self):
        lines, clock = [], Clock()
        with DurationLog(lines.append, "work", unit="s", clock=clock):
            clock.now = 2.5
        self.assertEqual(lines, ["2.50 s in work"])

    def test_recursive_calls(self):
        lines = []

        @CallLog(lines.append)
        def down(n):
            return down(n - 1) if n else 0

        down(1)
        self.assertEqual(lines, ["enter down(1)", "enter down(0)", "leave down(0)", "leave down(1)"])
