import unittest

import paths


class CallableValueTest(unittest.TestCase):
    def test_set_with_keeps_function(self):
        def make(*args):
            raise AssertionError("called")

        self.assertEqual(paths.set_with([], "[0].make", make), [{"make": make}])

    def test_class_as_value(self):
        self.assertIs(paths.set_({}, "types.number", int)["types"]["number"], int)

    def test_value_replaces_old_one(self):
        data = {"key": "old"}
        paths.set_with(data, "key", str.upper, lambda following: {})
        self.assertIs(data["key"], str.upper)

    def test_rename_keeps_function(self):
        self.assertIs(paths.rename({"a": len}, "a", "b")["b"], len)

    def test_update_still_calls(self):
        self.assertEqual(paths.update({"a": "x"}, "a", str.upper), {"a": "X"})

    def test_update_takes_plain_value(self):
        self.assertEqual(paths.update_with({"a": 1}, "a", 2), {"a": 2})
