import unittest

from calls import make_call, traced


def func(a, b=2):
    return a, b


class MissingArgumentTest(unittest.TestCase):
    def test_error(self):
        with self.assertRaises(AttributeError) as caught:
            make_call(func, (1,), {}).c
        self.assertEqual(str(caught.exception), "function func has no argument c")

    def test_hasattr(self):
        call = make_call(func, (), {"a": 1})
        self.assertFalse(hasattr(call, "c"))
        self.assertTrue(hasattr(call, "b"))

    def test_default(self):
        self.assertEqual(getattr(make_call(func, (1,), {}), "c", 9), 9)

    def test_traced_without_secret(self):
        lines = []
        self.assertEqual(traced(lines.append)(func)(5), (5, 2))
        self.assertEqual(lines, ["func(5)"])

    def test_builtin_is_still_refused(self):
        with self.assertRaises(TypeError):
            hasattr(make_call(len, ("",), {}), "obj")

    def test_wrong_arguments(self):
        with self.assertRaises(TypeError):
            make_call(func, (), {}).a
