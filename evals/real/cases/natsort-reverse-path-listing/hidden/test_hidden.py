import io
import unittest

import listing


def write(groups, **options):
    out = io.StringIO()
    listing.write_paths(groups, out, **options)
    return out.getvalue().splitlines()


class HiddenReverseTest(unittest.TestCase):
    def test_groups_stay_sorted_lists(self):
        groups = {"d": ["f1", "f10", "f9"]}
        write(groups, reverse=True)
        self.assertEqual(groups, {"d": ["f10", "f9", "f1"]})

    def test_second_listing(self):
        groups = listing.group_by_directory(["d/f2", "d/f1", "e/f3"])
        first = write(groups, reverse=True)
        self.assertEqual(write(groups, reverse=True), first)
        self.assertEqual(write(groups), ["d/f1", "d/f2", "e/f3"])

    def test_equal_keys_keep_their_order(self):
        self.assertEqual(write({"": ["f01", "f1", "f2"]}, reverse=True), ["f2", "f01", "f1"])

    def test_filtered_listing_keeps_all_names(self):
        groups = {"d": ["f1", "f5", "f9"]}
        self.assertEqual(write(groups, reverse=True, keep=listing.Range(4, 6)), ["d/f5"])
        self.assertEqual(groups["d"], ["f9", "f5", "f1"])


class HiddenNeighbourTest(unittest.TestCase):
    def test_directories_ascend_either_way(self):
        groups = {"d10": ["a"], "d2": ["b"]}
        self.assertEqual(write(groups, reverse=True), ["d2/b", "d10/a"])

    def test_number_types(self):
        self.assertEqual(write({"": ["a1.5", "a1.25"]}, kind="float"), ["a1.25", "a1.5"])
        self.assertEqual(write({"": ["a1", "a-2"]}, kind="int"), ["a-2", "a1"])
