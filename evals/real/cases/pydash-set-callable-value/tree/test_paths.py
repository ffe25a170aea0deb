import unittest

import paths


class SetTest(unittest.TestCase):
    def test_creates_containers(self):
        self.assertEqual(paths.set_({}, "a.b[1]", 5), {"a": {"b": [None, 5]}})

    def test_customizer(self):
        result = paths.set_with({}, "[0][1]", "x", lambda following: {})
        self.assertEqual(result, {0: {1: "x"}})

    def test_function_as_value(self):
        def handler(event):
            return f"handled {event}"

        config = paths.set_({}, "hooks.start", handler)
        self.assertIs(config["hooks"]["start"], handler)


class OtherTest(unittest.TestCase):
    def test_update(self):
        self.assertEqual(paths.update({"n": [1, 2]}, "n[1]", lambda n: n * 10), {"n": [1, 20]})

    def test_unset(self):
        data = {"a": {"b": 1}}
        self.assertTrue(paths.unset(data, "a.b"))
        self.assertFalse(paths.unset(data, "a.b"))
        self.assertEqual(data, {"a": {}})

    def test_rename(self):
        self.assertEqual(paths.rename({"a": "1"}, "a", "b.c", int), {"b": {"c": 1}})
