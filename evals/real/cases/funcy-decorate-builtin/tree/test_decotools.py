import unittest

from decotools import decorator, default_on_none, log_calls, once_per, silent


class DecoratorTest(unittest.TestCase):
    def test_parameters_are_attributes(self):
        @decorator
        def doubled_base(call):
            return call.base * 2 + call()

        @doubled_base
        def power(base, exponent=2):
            return base ** exponent

        self.assertEqual(power(3), 15)
        self.assertEqual(power(exponent=1, base=3), 9)

    def test_further_arguments(self):
        @decorator
        def with_suffix(call, suffix):
            return call(suffix)

        join = with_suffix("!")(lambda *parts: "".join(parts))
        self.assertEqual(join("a", "b"), "ab!")

    def test_name_is_kept(self):
        @silent
        def risky():
            """Fails."""
            raise OSError

        self.assertEqual((risky.__name__, risky.__doc__, risky()), ("risky", "Fails.", None))

    def test_once_per(self):
        seen = []

        @once_per("name")
        def greet(greeting, name="you"):
            seen.append((greeting, name))

        greet("hi", "ann")
        greet("hello", name="ann")
        greet("hi")
        self.assertEqual(seen, [("hi", "ann"), ("hi", "you")])

    def test_default(self):
        self.assertEqual(default_on_none(0)(lambda key: {"a": 1}.get(key))("b"), 0)

    def test_log(self):
        lines = []
        log_calls(lines.append)(lambda a, b=0: a + b)(1, b=2)
        self.assertEqual(lines, ["<lambda>(1, b=2) -> 3"])

    def test_constructor(self):
        self.assertEqual(silent(dict)(a=1), {"a": 1})
        self.assertEqual(silent(int)("x"), None)
