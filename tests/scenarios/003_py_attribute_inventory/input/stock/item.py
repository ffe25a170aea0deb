class Item:
    def __init__(self, sku, quantity, reorder_level=5):
        self.sku = sku
        self.quantity = quantity
        self.reorder_level = reorder_level

    def take(self, count):
        if count > self.quantity:
            raise ValueError(f"only {self.quantity} of {self.sku} left")
        self.quantity -= count
