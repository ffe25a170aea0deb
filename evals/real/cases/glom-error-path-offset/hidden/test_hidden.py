import unittest

from probe import ROOT, ProbeIndexError, ProbeKeyError, ProbeTypeError, evaluate, format_steps


class HiddenErrorTest(unittest.TestCase):
    def message(self, kind, probe, target):
        with self.assertRaises(kind) as caught:
            evaluate(probe, target)
        return str(caught.exception)

    def test_first_key(self):
        self.assertEqual(self.message(ProbeKeyError, ROOT["a"], {}), "['a']")

    def test_key_after_call(self):
        self.assertEqual(self.message(ProbeKeyError, ROOT.copy()["k"].x, {}), ".copy()['k']")

    def test_index(self):
        self.assertEqual(self.message(ProbeIndexError, ROOT["rows"][3], {"rows": []}), "['rows'][3]")

    def test_first_index(self):
        self.assertEqual(self.message(ProbeIndexError, ROOT[7], []), "[7]")

    def test_type(self):
        self.assertEqual(self.message(ProbeTypeError, ROOT["n"]["m"][0], {"n": 4}), "['n']['m']")

    def test_type_after_attribute(self):
        self.assertEqual(self.message(ProbeTypeError, ROOT.real[0], 5), ".real[0]")


class HiddenNeighbourTest(unittest.TestCase):
    def test_unknown_operation_is_shown(self):
        self.assertEqual(format_steps(("?", 1)), "<? 1>")

    def test_key_error_stays_a_key_error(self):
        with self.assertRaises(KeyError):
            evaluate(ROOT["a"], {})

    def test_failing_call_is_not_wrapped(self):
        with self.assertRaises(ValueError):
            evaluate(ROOT.index(3), [])
