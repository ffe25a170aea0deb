import unittest

from backoff import delays


class HiddenTest(unittest.TestCase):
    def test_two(self):
        self.assertEqual(delays(5, 2, 100, 2), [5])

    def test_flat(self):
        self.assertEqual(delays(4, 1, 100, 4), [4, 4, 4])
