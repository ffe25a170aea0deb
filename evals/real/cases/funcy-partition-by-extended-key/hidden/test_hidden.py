import unittest

import runs


class RunsTest(unittest.TestCase):
    def test_by_number_of_a_function(self):
        words = ["a", "b", "cc", "dd", "e"]
        self.assertEqual(runs.partition_by(len, words), [["a", "b"], ["cc", "dd"], ["e"]])

    def test_by_the_value_itself(self):
        self.assertEqual(runs.partition_by(None, [1, 1, 2, 2, 1]), [[1, 1], [2, 2], [1]])

    def test_by_item(self):
        rows = [("x", 1), ("x", 2), ("y", 3)]
        self.assertEqual(runs.partition_by(0, rows), [[("x", 1), ("x", 2)], [("y", 3)]])

    def test_by_look_up(self):
        kinds = {"cat": "pet", "dog": "pet", "oak": "tree"}
        self.assertEqual(
            runs.partition_by(kinds, ["cat", "dog", "oak", "sea"]),
            [["cat", "dog"], ["oak"], ["sea"]],
        )

    def test_by_group_of_a_pattern(self):
        lines = ["host=a 1", "host=a 2", "host=b 1", "none"]
        self.assertEqual(
            [list(run) for run in runs.iter_partition_by(r"host=(\w)", lines)],
            [["host=a 1", "host=a 2"], ["host=b 1"], ["none"]],
        )

    def test_by_membership(self):
        self.assertEqual(runs.partition_by({1, 2}, [1, 2, 3, 1]), [[1, 2], [3], [1]])

    def test_filters_still_test_for_truth(self):
        self.assertEqual(runs.head_while(r"\d", ["1", "2", "x", "3"]), ["1", "2"])
        self.assertEqual(runs.split(len, ["a", "", "bb"]), (["a", "bb"], [""]))


if __name__ == "__main__":
    unittest.main()
