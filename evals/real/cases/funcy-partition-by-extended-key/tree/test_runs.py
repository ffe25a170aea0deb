import unittest

import runs


class PartitionByTest(unittest.TestCase):
    def test_by_test(self):
        self.assertEqual(runs.partition_by(lambda n: n == 3, [1, 2, 3, 4, 5]), [[1, 2], [3], [4, 5]])

    def test_by_letter(self):
        self.assertEqual(runs.partition_by("x", "abxcd"), [["a", "b"], ["x"], ["c", "d"]])

    def test_by_digit(self):
        self.assertEqual(runs.partition_by(r"\d", "1211"), [["1"], ["2"], ["1", "1"]])


class OtherToolsTest(unittest.TestCase):
    def test_select_and_reject(self):
        self.assertEqual(runs.select({1, 3}, [1, 2, 3]), [1, 3])
        self.assertEqual(runs.reject(r"^a", ["ab", "ba"]), ["ba"])

    def test_group_by(self):
        self.assertEqual(runs.group_by(0, ["ab", "ac", "b"]), {"a": ["ab", "ac"], "b": ["b"]})

    def test_split(self):
        self.assertEqual(runs.split(None, [0, 1, "", 2]), ([1, 2], [0, ""]))

    def test_chunks(self):
        self.assertEqual(list(runs.iter_chunks(2, "abc")), [["a", "b"], ["c"]])


if __name__ == "__main__":
    unittest.main()
