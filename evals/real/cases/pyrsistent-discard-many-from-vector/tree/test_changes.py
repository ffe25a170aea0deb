import unittest

from changes import any_key, discard, increase, matching, transform
from frozen import freeze, thaw


class TransformTest(unittest.TestCase):
    def test_set_and_compute(self):
        shop = freeze({"stock": {"pears": 3}, "open": True})
        changed = transform(shop, ["stock", "pears"], increase, ["open"], False)
        self.assertEqual(thaw(changed), {"stock": {"pears": 4}, "open": False})
        self.assertEqual(thaw(shop), {"stock": {"pears": 3}, "open": True})

    def test_new_maps_on_the_way(self):
        self.assertEqual(thaw(transform(freeze({}), ["a", "b"], 1)), {"a": {"b": 1}})

    def test_nothing_changed(self):
        shop = freeze({"a": [1]})
        self.assertIs(transform(shop, ["a", matching("x")], 2), shop)

    def test_discard_from_a_map(self):
        users = freeze({"tmp_a": 1, "tmp_b": 2, "c": 3})
        self.assertEqual(thaw(transform(users, [matching("tmp_")], discard)), {"c": 3})

    def test_discard_from_a_row(self):
        row = freeze(["a", "b", "c", "d"])
        self.assertEqual(thaw(transform(row, [1], discard)), ["a", "c", "d"])
        self.assertEqual(thaw(transform(row, [lambda index: index < 2], discard)), ["c", "d"])

    def test_every_entry(self):
        self.assertEqual(thaw(transform(freeze([1, 2]), [any_key], increase)), [2, 3])


if __name__ == "__main__":
    unittest.main()
