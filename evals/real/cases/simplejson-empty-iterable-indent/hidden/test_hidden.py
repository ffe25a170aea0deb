import json
import unittest

from jsonout import Writer, dumps


def nothing():
    return iter(())


class HiddenEmptyTest(unittest.TestCase):
    def test_indented_empty_iterator(self):
        self.assertEqual(dumps(nothing(), iterators=True, indent=2), "[]")

    def test_empty_set_and_range(self):
        self.assertEqual(dumps(set(), iterators=True), "[]")
        self.assertEqual(dumps(range(0), iterators=True, indent="\t"), "[]")

    def test_inside_an_object(self):
        value = {"none": nothing(), "one": iter([1])}
        self.assertEqual(
            dumps(value, iterators=True, indent=1),
            json.dumps({"none": [], "one": [1]}, indent=1),
        )

    def test_inside_an_iterator(self):
        value = iter([nothing(), iter([nothing(), 2])])
        self.assertEqual(dumps(value, iterators=True), "[[], [[], 2]]")

    def test_chunks(self):
        self.assertEqual("".join(Writer(iterators=True).chunks(nothing())), "[]")


class HiddenNeighbourTest(unittest.TestCase):
    def test_empty_collections(self):
        self.assertEqual(dumps([(), {}, []], indent=0), json.dumps([[], {}, []], indent=0))

    def test_first_item_may_be_false(self):
        self.assertEqual(dumps(iter([None, 0, ""]), iterators=True), '[null, 0, ""]')
