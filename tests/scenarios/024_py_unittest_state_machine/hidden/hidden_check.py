import unittest

from turnstile import Turnstile


class HiddenTest(unittest.TestCase):
    def test_again(self):
        gate = Turnstile(price=3)
        for _ in range(2):
            gate.coin(3)
            self.assertTrue(gate.push())
            self.assertEqual(gate.state, "locked")
