import functools
import operator
import unittest

from folding import Calculator, Rounding, spread
from trees import read


class Tally:
    """Counts the children it has seen."""

    def __init__(self):
        self.seen = 0

    def __call__(self, *children):
        self.seen += len(children)
        return self.seen


class SpreadTest(unittest.TestCase):
    def test_object_with_several_children(self):
        tally = Tally()

        class Counting(Calculator):
            add = sub = spread(tally)

        self.assertEqual(Counting().fold(read("1 + 2 - 3")), 4)
        self.assertEqual(tally.seen, 4)

    def test_each_object_keeps_its_own_state(self):
        class Fine(Calculator):
            number = spread(Rounding(2))

        class Coarse(Calculator):
            number = spread(Rounding(0))

        self.assertEqual((Fine().value("1.256"), Coarse().value("1.256")), (1.26, 1.0))

    def test_partial_function(self):
        class Shifted(Calculator):
            neg = spread(functools.partial(operator.sub, 100))
            number = spread(functools.partial(int, base=16))

        self.assertEqual(Shifted().value("-10"), 84)

    def test_other_callable_objects(self):
        class First(Calculator):
            call = spread(operator.itemgetter(0))
            number = spread(operator.methodcaller("zfill", 3))

        self.assertEqual(First().value("7"), "007")
        self.assertEqual(First().call(["sqrt"]), "s")

    def test_method_is_bound_to_the_folder_at_work(self):
        other = Calculator({"a": 1})

        class Lenient(Calculator):
            def look(self, name):
                return self.names.get(name, 0)

        lenient = Lenient({"a": 5})

        class Borrowing(Calculator):
            name = spread(Lenient({"a": 7}).look)

        self.assertEqual(Borrowing({"a": 9}).value("a + b"), 9)
        self.assertEqual(spread(lenient.look)(other, ["a"]), 1)

    def test_functions_and_classes_stay(self):
        self.assertEqual(spread(lambda self, a, b: (self, a, b))("me", [1, 2]), ("me", 1, 2))
        self.assertEqual(spread(complex)("me", [1, 2]), 1 + 2j)


if __name__ == "__main__":
    unittest.main()
