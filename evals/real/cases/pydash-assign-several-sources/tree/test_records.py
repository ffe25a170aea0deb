import unittest

import records


class AssignTest(unittest.TestCase):
    def test_one_source(self):
        self.assertEqual(
            records.assign({"name": "ida"}, {"town": "Ulm"}),
            {"name": "ida", "town": "Ulm"},
        )

    def test_several_sources(self):
        self.assertEqual(
            records.assign({"name": "ida"}, {"town": "Ulm"}, {"town": "Bonn"}),
            {"name": "ida", "town": "Bonn"},
        )

    def test_combine(self):
        self.assertEqual(
            records.assign({"age": 1}, {"age": 26}, lambda old, new: old + new),
            {"age": 27},
        )


class OtherHelpersTest(unittest.TestCase):
    def test_pick(self):
        self.assertEqual(records.pick({"a": 1, "b": 2}, "b", "c"), {"b": 2})
        self.assertEqual(records.pick({"a": 1, "b": 2}, lambda value, name: value < 2), {"a": 1})

    def test_defaults(self):
        self.assertEqual(records.defaults({"a": 1}, {"a": 2, "b": 3}, {"b": 4}), {"a": 1, "b": 3})

    def test_dig(self):
        self.assertEqual(records.dig({"a": {"b": 5}}, "a.b"), 5)
        self.assertIsNone(records.dig({"a": 1}, "a.b"))


if __name__ == "__main__":
    unittest.main()
