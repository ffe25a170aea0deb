import unittest

from spans import Span
from spanset import SpanSet


class Labelled(SpanSet):
    """Refuses spans without a label."""

    def add(self, span):
        if span.label is None:
            raise LookupError("no label")
        super().add(span)


class SetItemTest(unittest.TestCase):
    def setUp(self):
        self.spans = SpanSet()

    def test_reversed_range(self):
        with self.assertRaises(ValueError):
            self.spans[5:2] = "x"
        self.assertEqual(len(self.spans), 0)

    def test_bounds_that_cannot_be_compared(self):
        with self.assertRaises(TypeError):
            self.spans[1:"b"] = "x"

    def test_missing_bound(self):
        with self.assertRaises(TypeError):
            self.spans[:4] = "x"

    def test_index_that_is_no_slice(self):
        with self.assertRaises((AttributeError, TypeError)):
            self.spans[4] = "x"

    def test_same_error_as_by_method(self):
        with self.assertRaises(ValueError) as by_method:
            self.spans.add_range(3, 1, "x")
        with self.assertRaises(ValueError) as by_slice:
            self.spans[3:1] = "x"
        self.assertEqual(str(by_method.exception), str(by_slice.exception))

    def test_subclass_with_rules_of_its_own(self):
        spans = Labelled()
        with self.assertRaisesRegex(LookupError, "no label"):
            spans[1:2] = None
        spans[1:2] = "y"
        self.assertEqual(list(spans), [Span(1, 2, "y")])

    def test_same_span_twice(self):
        self.spans[1:2] = "x"
        self.spans[1:2] = "x"
        self.spans[1:2] = "y"
        self.assertEqual(list(self.spans), [Span(1, 2, "x"), Span(1, 2, "y")])


if __name__ == "__main__":
    unittest.main()
