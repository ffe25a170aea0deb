import unittest

from frozen import FrozenMap, Struct
from transform import any_key, discard, increase, matching, transform


class Point(Struct):
    fields = ("x", "y")


class TransformTest(unittest.TestCase):
    def test_map_and_tuple(self):
        before = FrozenMap(rows=(1, 2), name="n")
        self.assertEqual(transform(before, ["rows", 1], increase), FrozenMap(rows=(1, 3), name="n"))
        self.assertEqual(before["rows"], (1, 2))

    def test_field_of_struct(self):
        self.assertEqual(transform((Point(x=1, y=2),), [0, "y"], 5), (Point(x=1, y=5),))

    def test_all_keys(self):
        points = (Point(x=1, y=2), Point(x=3, y=4))
        moved = transform(points, [any_key, "x"], increase)
        self.assertEqual(moved, (Point(x=2, y=2), Point(x=4, y=4)))

    def test_pattern(self):
        self.assertEqual(transform(FrozenMap(a1=1, b1=1), [matching("^a")], discard), FrozenMap(b1=1))

    def test_missing_level(self):
        self.assertEqual(transform(FrozenMap(), ["a", "b"], 1), FrozenMap(a=FrozenMap(b=1)))

    def test_name_where_an_index_belongs(self):
        with self.assertRaises(TypeError):
            transform(FrozenMap(rows=(1, 2)), ["rows", "first"], increase)

    def test_unknown_field(self):
        with self.assertRaises(AttributeError):
            transform(Point(x=1), ["z"], 5)
