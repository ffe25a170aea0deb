import unittest

from timetable import Booking, Timetable

A = Booking(1, 2, "a")
B = Booking(3, 4, "b")
C = Booking(5, 6, "c")


class HiddenUnionTest(unittest.TestCase):
    def test_operands_stay(self):
        left, right = Timetable([A]), Timetable([B])
        both = left | right
        self.assertEqual(both.ordered(), [A, B])
        self.assertEqual((left.ordered(), right.ordered()), ([A], [B]))

    def test_result_is_independent(self):
        left = Timetable([A])
        both = left.union(Timetable())
        both.add(C)
        self.assertEqual(both.ordered(), [A, C])
        self.assertEqual(left.ordered(), [A])

    def test_with_any_iterable(self):
        self.assertEqual(Timetable([A]).union([B, C, B]).ordered(), [A, B, C])
        self.assertEqual(Timetable([A]).union(iter([C])), Timetable([C, A]))

    def test_with_itself(self):
        table = Timetable([A, B])
        self.assertEqual(table | table, table)

    def test_symmetric_difference(self):
        self.assertEqual((Timetable([A, B]) ^ Timetable([B, C])).ordered(), [A, C])

    def test_chain(self):
        result = Timetable([C]) | Timetable([B]) | Timetable([A])
        self.assertEqual(result.starting_from(3), [B, C])


class HiddenNeighbourTest(unittest.TestCase):
    def test_empty_union(self):
        self.assertEqual(Timetable().union(Timetable()), Timetable())

    def test_no_bookings(self):
        self.assertEqual(len(Timetable(None)), 0)

    def test_intersection_update(self):
        table = Timetable([A, B])
        table.intersection_update(Timetable([B, C]))
        self.assertEqual(table.ordered(), [B])
