import unittest

from timetable import Booking, Timetable

MORNING = [(540, 600, "talk"), (600, 660, "desk")]
LUNCH = [(600, 660, "desk"), (720, 780, "lunch")]


class OperationTest(unittest.TestCase):
    def setUp(self):
        self.morning = Timetable.from_tuples(MORNING)
        self.lunch = Timetable.from_tuples(LUNCH)

    def test_union(self):
        self.assertEqual(self.morning.union(self.lunch), Timetable.from_tuples(MORNING + LUNCH))

    def test_difference(self):
        self.assertEqual(self.morning - self.lunch, Timetable.from_tuples(MORNING[:1]))

    def test_intersection(self):
        self.assertEqual(self.morning & self.lunch, Timetable.from_tuples(MORNING[1:]))

    def test_in_place(self):
        self.morning.update(self.lunch)
        self.assertEqual(len(self.morning), 3)
        self.morning.difference_update(self.lunch)
        self.assertEqual(self.morning.ordered(), [Booking(540, 600, "talk")])


class SearchTest(unittest.TestCase):
    def test_at(self):
        table = Timetable.from_tuples(MORNING)
        self.assertEqual(table.at(600), [Booking(600, 660, "desk")])

    def test_conflicts(self):
        table = Timetable.from_tuples([(1, 5, "a"), (5, 9, "b"), (4, 6, "c")])
        self.assertEqual([(a.label, b.label) for a, b in table.conflicts()], [("a", "c"), ("c", "b")])

    def test_empty_booking(self):
        with self.assertRaises(ValueError):
            Booking(5, 5)
