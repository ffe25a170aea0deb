import functools
import unittest

from decotools import decorator, default_on_none, log_calls, silent


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y


class Adder:
    def __init__(self, step):
        self.step = step

    def __call__(self, value):
        return value + self.step


class HiddenCallableTest(unittest.TestCase):
    def test_builtin_without_signature(self):
        self.assertEqual(silent(max)(3, 5), 5)
        self.assertIsNone(silent(max)())

    def test_class(self):
        self.assertEqual(silent(Point)(1, y=2).y, 2)
        self.assertIsNone(silent(Point)(1))

    def test_partial(self):
        lines = []
        logged = log_calls(lines.append)(functools.partial(pow, 2))
        self.assertEqual(logged(5), 32)
        self.assertEqual(lines, ["partial(5) -> 32"])

    def test_callable_object(self):
        self.assertEqual(default_on_none(0)(Adder(2))(3), 5)

    def test_method_of_builtin(self):
        self.assertEqual(default_on_none("none")({"a": 1}.get)("b"), "none")
        self.assertEqual(log_calls(str)("a-b".split)("-"), ["a", "b"])

    def test_further_arguments(self):
        @decorator
        def and_zero(call):
            return call(0)

        self.assertEqual(and_zero(min)(4, 2), 0)


class HiddenNeighbourTest(unittest.TestCase):
    def test_wrong_arguments_of_a_function_are_found_early(self):
        ran = []

        @decorator
        def note(call):
            ran.append(call)
            return call()

        with self.assertRaises(TypeError):
            note(lambda a: a)()
        self.assertEqual(ran, [])

    def test_default_values_are_attributes(self):
        peek = decorator(lambda call: (call.a, call.b, call.rest))
        self.assertEqual(peek(lambda a, b=2, *rest: None)(1), (1, 2, ()))
