import unittest

from turnstile import Turnstile


class TurnstileTest(unittest.TestCase):
    def setUp(self):
        self.gate = Turnstile()

    def test_locked_at_first(self):
        self.assertFalse(self.gate.push())

    def test_coins_add_up(self):
        self.assertEqual(self.gate.coin(1), "locked")
        self.assertEqual(self.gate.coin(1), "open")

    def test_one_payment_one_person(self):
        self.gate.coin(2)
        self.assertTrue(self.gate.push())
        self.assertFalse(self.gate.push())

    def test_credit_carries_over(self):
        self.gate.coin(4)
        self.assertTrue(self.gate.push())
        self.assertTrue(self.gate.push())
        self.assertFalse(self.gate.push())
        self.assertEqual(self.gate.passed, 2)
