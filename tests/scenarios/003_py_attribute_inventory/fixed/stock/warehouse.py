from stock.item import Item


class Warehouse:
    def __init__(self):
        self.items = {}

    def receive(self, sku, count):
        if sku in self.items:
            self.items[sku].quantity += count
        else:
            self.items[sku] = Item(sku, count)

    def ship(self, sku, count):
        self.items[sku].take(count)

    def to_reorder(self):
        low = []
        for sku, item in self.items.items():
            if item.quantity <= item.reorder_level:
                low.append(sku)
        return sorted(low)
