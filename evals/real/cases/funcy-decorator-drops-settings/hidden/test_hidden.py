import unittest

from tracing import CallLog, DurationLog, ErrorLog, Labeled


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


class DecoratorTest(unittest.TestCase):
    def setUp(self):
        self.lines = []
        self.clock = Clock()

    def timed(self, **settings):
        @DurationLog(self.lines.append, clock=self.clock, **settings)
        def work(seconds):
            self.clock.now += seconds

        return work

    def test_unit(self):
        self.timed(unit="s")(3)
        self.assertEqual(self.lines, ["3.00 s in work(3)"])

    def test_threshold(self):
        work = self.timed(threshold=1.0)
        work(0.5)
        work(2)
        self.assertEqual(self.lines, ["2000.00 ms in work(2)"])

    def test_recursive_durations(self):
        @DurationLog(self.lines.append, unit="s", clock=self.clock)
        def down(n):
            self.clock.now += 1
            if n:
                down(n - 1)

        down(1)
        self.assertEqual(self.lines, ["1.00 s in down(0)", "2.00 s in down(1)"])

    def test_subclass_with_own_arguments(self):
        class Prefixed(Labeled):
            def __init__(self, prefix, write):
                super().__init__(write)
                self.prefix = prefix

            def __exit__(self, kind, error, trace):
                self.write(self.prefix + self.label)
                return False

        Prefixed("> ", self.lines.append)(abs)(-1)
        self.assertEqual(self.lines, ["> abs(-1)"])

    def test_original_keeps_label(self):
        log = ErrorLog(self.lines.append, "all", stack=False)
        log(len)("abc")
        self.assertEqual(log.label, "all")

    def test_call_log(self):
        self.assertEqual(CallLog(self.lines.append)(len)("abc"), 3)
        self.assertEqual(self.lines, ["enter len('abc')", "leave len('abc')"])
