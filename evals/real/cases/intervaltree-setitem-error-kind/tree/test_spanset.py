import unittest

from spans import Span
from spanset import SpanSet


class SpanSetTest(unittest.TestCase):
    def setUp(self):
        self.spans = SpanSet([Span(5, 9, "b"), Span(1, 6, "a")])

    def test_points_and_ranges(self):
        self.assertEqual(self.spans[5], [Span(1, 6, "a"), Span(5, 9, "b")])
        self.assertEqual(self.spans[6:], [Span(5, 9, "b")])

    def test_set_by_slice(self):
        self.spans[10:12] = "c"
        self.assertIn(Span(10, 12, "c"), self.spans)

    def test_set_an_empty_range(self):
        with self.assertRaises(ValueError) as caught:
            self.spans[4:4] = "d"
        self.assertIn("nothing lies in Span(4, 4, 'd')", str(caught.exception))

    def test_delete(self):
        del self.spans[0:2]
        self.assertEqual(list(self.spans), [Span(5, 9, "b")])

    def test_chop(self):
        self.spans.chop(2, 7)
        self.assertEqual(list(self.spans), [Span(1, 2, "a"), Span(7, 9, "b")])

    def test_remove_what_is_not_there(self):
        with self.assertRaises(KeyError):
            self.spans.remove(Span(1, 6))


if __name__ == "__main__":
    unittest.main()
