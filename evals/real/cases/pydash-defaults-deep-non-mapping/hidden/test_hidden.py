import unittest

from merging import Settings, defaults_deep, merge


class DefaultsDeepTest(unittest.TestCase):
    def test_none_is_kept(self):
        self.assertEqual(defaults_deep({"a": None}, {"a": {"b": 1}}), {"a": None})

    def test_number_is_kept(self):
        self.assertEqual(defaults_deep({"a": 0}, {"a": {"b": {"c": 1}}}), {"a": 0})

    def test_list_is_kept(self):
        self.assertEqual(defaults_deep({"a": [1, 2]}, {"a": [3, 4, 5]}), {"a": [1, 2]})
        self.assertEqual(defaults_deep({"a": [1]}, {"a": {"b": 1}}), {"a": [1]})

    def test_dictionary_in_list_is_filled(self):
        self.assertEqual(defaults_deep({"a": [{"b": 1}]}, {"a": [{"c": 2}]}), {"a": [{"b": 1, "c": 2}]})

    def test_settings(self):
        settings = Settings({"cache": {"size": 5}, "hosts": ["a", "b"]})
        settings.load({"cache": False, "hosts": ["z"]})
        self.assertEqual(settings.effective(), {"cache": False, "hosts": ["z"]})

    def test_merge_replaces(self):
        self.assertEqual(merge({"a": {"b": 1}}, {"a": {"b": 2}, "c": [1]}), {"a": {"b": 2}, "c": [1]})
