import unittest

from merging import Settings, defaults, defaults_deep, merge


class DefaultsTest(unittest.TestCase):
    def test_shallow(self):
        self.assertEqual(defaults({"a": {"b": 1}}, {"a": {"c": 2}, "d": 3}), {"a": {"b": 1}, "d": 3})

    def test_deep(self):
        obj = {"a": {"b": 1}}
        self.assertIs(defaults_deep(obj, {"a": {"b": 2, "c": 3}}, {"a": {"c": 4, "d": {"e": 5}}}), obj)
        self.assertEqual(obj, {"a": {"b": 1, "c": 3, "d": {"e": 5}}})

    def test_deep_keeps_plain_value(self):
        result = defaults_deep({"log": "off", "n": 1}, {"log": {"level": "info"}, "m": 2})
        self.assertEqual(result, {"log": "off", "n": 1, "m": 2})


class MergeTest(unittest.TestCase):
    def test_later_wins(self):
        self.assertEqual(merge({"a": {"b": 1}}, {"a": {"c": 2}}, {"a": {"b": 3}}), {"a": {"b": 3, "c": 2}})

    def test_lists(self):
        self.assertEqual(merge({"a": [1, 2]}, {"a": [5], "b": [[7]]}), {"a": [5, 2], "b": [[7]]})

    def test_source_is_untouched(self):
        source = {"a": {"b": 1}}
        result = merge({}, source)
        result["a"]["b"] = 2
        self.assertEqual(source, {"a": {"b": 1}})


class SettingsTest(unittest.TestCase):
    def test_changed(self):
        settings = Settings({"ui": {"theme": "light", "size": 10}})
        settings.load({"ui": {"theme": "dark"}})
        self.assertEqual(settings.effective(), {"ui": {"theme": "dark", "size": 10}})
        self.assertEqual(settings.changed(), {"ui": {"theme": "dark"}})
