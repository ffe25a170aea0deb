import unittest

from calls import remember_by, require, unless
from signatures import argument_getter


def values(func, *args, **kwargs):
    get = argument_getter(func)
    names = func.__code__.co_varnames[:func.__code__.co_argcount]
    return [get(name, args, kwargs) for name in names]


class DefaultsTest(unittest.TestCase):
    def test_three_defaults(self):
        self.assertEqual(values(lambda a=1, b=2, c=3: None), [1, 2, 3])

    def test_four_defaults_after_two_parameters(self):
        self.assertEqual(values(lambda x, y, a=1, b=2, c=3, d=4: None, 8, 9), [8, 9, 1, 2, 3, 4])

    def test_defaults_beside_arguments(self):
        self.assertEqual(values(lambda x, a=1, b=2: None, 0, b=5), [0, 1, 5])
        self.assertEqual(values(lambda x, a=1, b=2: None, 0, 7), [0, 7, 2])

    def test_check_of_a_default(self):
        @require("low", lambda low: low == 0)
        def cut(value, low=0, high=10):
            return max(low, min(value, high))

        self.assertEqual(cut(12), 10)

    def test_skip_by_a_default(self):
        @unless("dry")
        def remove(path, dry=False, verbose=True):
            return path

        self.assertEqual(remove("x"), "x")

    def test_kept_by_defaults(self):
        made = []

        @remember_by("unit")
        def show(number, unit="m", places=2):
            made.append(unit)
            return f"{number}{unit}"

        self.assertEqual([show(1), show(2, "m"), show(3, unit="km")], ["1m", "1m", "3km"])

    def test_missing_and_unknown_arguments(self):
        with self.assertRaises(TypeError):
            values(lambda x, a=1: None)
        with self.assertRaises(TypeError):
            argument_getter(values)("other", (), {})


if __name__ == "__main__":
    unittest.main()
