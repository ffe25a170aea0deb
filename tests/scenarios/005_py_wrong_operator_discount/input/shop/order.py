from shop.pricing import charge


class Order:
    def __init__(self, customer):
        self.customer = customer
        self.lines = []

    def add(self, price, quantity=1):
        self.lines.append((price, quantity))
        return self

    def total(self):
        return sum(charge(p, q, self.customer) for p, q in self.lines)
