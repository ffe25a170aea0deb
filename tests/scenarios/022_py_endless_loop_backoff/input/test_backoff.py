import unittest

from backoff import delays, total_wait


class BackoffTest(unittest.TestCase):
    def test_single_attempt_waits_not_at_all(self):
        self.assertEqual(delays(1, 2, 10, 1), [])

    def test_growth(self):
        self.assertEqual(delays(1, 2, 10, 6), [1, 2, 4, 8, 10])

    def test_total(self):
        self.assertEqual(total_wait(2, 3, 7, 4), 15)
