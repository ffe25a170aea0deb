import unittest

from frozen import FrozenMap, NameMap, Struct
from transform import increase, lookup, transform


class Point(Struct):
    fields = ("x", "y")


class Broken:
    def __getitem__(self, key):
        raise TypeError("cannot look that up")

    def __len__(self):
        return 0


class HiddenTypeErrorTest(unittest.TestCase):
    def test_method_of_a_tuple_is_no_element(self):
        seen = []
        with self.assertRaises(TypeError):
            transform((1, 2), ["count"], seen.append)
        self.assertEqual(seen, [])

    def test_text_is_no_index(self):
        with self.assertRaises(TypeError):
            transform((("a",),), [0, "0"], "b")

    def test_message_of_the_structure_is_kept(self):
        with self.assertRaisesRegex(TypeError, "names are text"):
            transform(NameMap(a=1), [3], 5)

    def test_error_of_item_access_is_kept(self):
        with self.assertRaisesRegex(TypeError, "cannot look that up"):
            lookup(Broken(), "size", None)

    def test_attribute_of_a_strict_map_is_no_item(self):
        with self.assertRaises(TypeError):
            lookup(NameMap(a=1), b"a", None)


class HiddenNeighbourTest(unittest.TestCase):
    def test_struct_in_struct(self):
        nested = Point(x=Point(x=1, y=2), y=3)
        self.assertEqual(transform(nested, ["x", "y"], increase), Point(x=Point(x=1, y=3), y=3))

    def test_missing_elements_get_the_default(self):
        self.assertEqual(lookup((1,), 4, "none"), "none")
        self.assertEqual(lookup(FrozenMap(a=1), "b", "none"), "none")

    def test_append_to_tuple(self):
        self.assertEqual(transform((1,), [1], 2), (1, 2))
