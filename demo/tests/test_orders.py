import unittest

from inventory import Order, OutOfStock, Stock, ship


class ShippingTest(unittest.TestCase):
    def setUp(self):
        self.stock = Stock()
        self.stock.receive("mug", 12)
        self.stock.receive("plate", 4)

    def test_packs_what_was_ordered(self):
        order = Order("Ada").add("mug", 2, 750).add("plate", 1, 900)
        self.assertEqual(ship(order, self.stock), ["2 x mug", "1 x plate"])
        self.assertEqual(self.stock.free("mug"), 10)

    def test_the_last_plates_can_be_sold(self):
        order = Order("Grace").add("plate", 4, 900)
        self.assertEqual(ship(order, self.stock), ["4 x plate"])
        self.assertEqual(self.stock.free("plate"), 0)

    def test_nothing_is_promised_twice(self):
        self.stock.reserve("plate", 3)
        with self.assertRaises(OutOfStock):
            ship(Order("Edsger").add("plate", 2, 900), self.stock)
        self.assertEqual(self.stock.free("plate"), 1)

    def test_ten_of_a_kind_are_cheaper(self):
        self.assertEqual(Order("Barbara").add("mug", 10, 750).total(), 7125)
        self.assertEqual(Order("Barbara").add("mug", 9, 750).total(), 6750)


class DeliveryTest(unittest.TestCase):
    def test_an_empty_delivery_is_refused(self):
        with self.assertRaises(ValueError):
            Stock().receive("mug", 0)


if __name__ == "__main__":
    unittest.main()
