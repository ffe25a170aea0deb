"""Orders: lines of a sku, a quantity and a unit price in cents."""

from dataclasses import dataclass, field


@dataclass
class Order:
    customer: str
    lines: list = field(default_factory=list)

    def add(self, sku, quantity, unit_price):
        self.lines.append((sku, quantity, unit_price))
        return self

    def total(self):
        """The price in cents; ten or more of one line are 5 percent cheaper."""
        total = 0
        for _, quantity, unit_price in self.lines:
            price = quantity * unit_price
            if quantity >= 10:
                price -= price * 5 // 100
            total += price
        return total


def ship(order, stock):
    """Reserves every line, takes them from the shelf and returns the packing list."""
    for sku, quantity, _ in order.lines:
        stock.reserve(sku, quantity)
    packed = []
    for sku, quantity, _ in order.lines:
        stock.take(sku, quantity)
        packed.append(f"{quantity} x {sku}")
    return packed
