import unittest

from changes import any_key, discard, increase, transform
from frozen import freeze, thaw


def discarded(value, *path):
    return thaw(transform(freeze(value), path, discard))


class DiscardTest(unittest.TestCase):
    def test_all(self):
        self.assertEqual(discarded([1, 2, 3, 4, 5], any_key), [])

    def test_every_second(self):
        self.assertEqual(discarded(list("abcdef"), lambda index: index % 2 == 0), ["b", "d", "f"])

    def test_equal_values(self):
        self.assertEqual(discarded([7, 7, 8, 7], lambda index: index in (0, 3)), [7, 8])

    def test_last_two(self):
        self.assertEqual(discarded([1, 2, 3], lambda index: index >= 1), [1])

    def test_rows_further_down(self):
        self.assertEqual(
            discarded({"x": [1, 2, 3], "y": [4, 5]}, any_key, lambda index: index < 2),
            {"x": [3], "y": []},
        )

    def test_index_that_is_not_there(self):
        self.assertEqual(discarded([1, 2], 5), [1, 2])

    def test_discard_followed_by_another_change(self):
        row = freeze([1, 2, 3, 4])
        changed = transform(row, [lambda index: index < 2], discard, [any_key], increase)
        self.assertEqual(thaw(changed), [4, 5])

    def test_other_commands_keep_their_order(self):
        seen = []
        transform(freeze([1, 2, 3]), [any_key], lambda value: seen.append(value) or value)
        self.assertEqual(seen, [1, 2, 3])


if __name__ == "__main__":
    unittest.main()
