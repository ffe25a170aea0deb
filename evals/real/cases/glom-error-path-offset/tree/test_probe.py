import unittest

from probe import ROOT, ProbeAttributeError, ProbeError, ProbeKeyError, evaluate


class EvaluateTest(unittest.TestCase):
    def test_items_and_calls(self):
        target = {"system": {"planets": ["earth", "mars"]}}
        self.assertEqual(evaluate(ROOT["system"]["planets"][-1].upper(), target), "MARS")

    def test_expression_as_argument(self):
        target = {"names": ["a", "b"], "chosen": 1}
        self.assertEqual(evaluate(ROOT["names"][ROOT["chosen"]], target), "b")

    def test_root_alone(self):
        self.assertEqual(evaluate(ROOT, 5), 5)


class ErrorTest(unittest.TestCase):
    def test_missing_attribute(self):
        with self.assertRaises(ProbeAttributeError) as caught:
            evaluate(ROOT.real.size, 5)
        self.assertEqual(str(caught.exception), ".real.size")

    def test_missing_key(self):
        with self.assertRaises(ProbeKeyError) as caught:
            evaluate(ROOT["system"]["moons"], {"system": {}})
        self.assertEqual(str(caught.exception), "['system']['moons']")

    def test_index_out_of_range_is_a_probe_error(self):
        with self.assertRaises(ProbeError):
            evaluate(ROOT["comets"][-1].values(), {"comets": []})


class ReprTest(unittest.TestCase):
    def test_repr(self):
        self.assertEqual(repr(ROOT.a["b"](1, c=2)), "ROOT.a['b'](1, c=2)")
