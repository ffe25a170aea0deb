import unittest

from folding import Calculator, CoarseCalculator, Folder, Printer, spread
from trees import Tree, read


class CalculatorTest(unittest.TestCase):
    def test_operators(self):
        self.assertEqual(Calculator().value("1 + 2 * (3 - 5) / 4"), 0.0)

    def test_names_and_calls(self):
        self.assertEqual(Calculator({"a": 9}).value("max(sqrt(a), -a, 2)"), 3.0)

    def test_coarse_numbers(self):
        self.assertEqual(CoarseCalculator().value("1.26 + 1"), 2.3)


class FolderTest(unittest.TestCase):
    def test_printer(self):
        self.assertEqual(Printer().fold(read("1 + -a * 2")), "(1 + (-a * 2))")

    def test_label_without_method(self):
        self.assertEqual(Folder().fold(read("-1")), Tree("neg", [Tree("number", ["1"])]))

    def test_spread_keeps_the_name(self):
        def total(self, left, right):
            return left + right

        self.assertEqual(spread(total).__name__, "total")

    def test_syntax_error(self):
        with self.assertRaises(SyntaxError):
            read("1 + ")


if __name__ == "__main__":
    unittest.main()
