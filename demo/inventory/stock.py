"""What lies on the shelves."""


class OutOfStock(Exception):
    """More was asked for than is free."""

    def __init__(self, sku, wanted, free):
        super().__init__(f"{wanted} x {sku} wanted, {free} free")
        self.sku = sku


class Stock:
    """Counts by stock-keeping unit: on the shelf, and of these how many are reserved."""

    def __init__(self):
        self._shelf = {}
        self._reserved = {}

    def receive(self, sku, quantity):
        """Puts a delivery on the shelf."""
        if quantity <= 0:
            raise ValueError(f"a delivery of {quantity}")
        self._shelf[sku] = self._shelf.get(sku, 0) + quantity

    def free(self, sku):
        """How many can still be promised."""
        return self._shelf.get(sku, 0) - self._reserved.get(sku, 0)

    def reserve(self, sku, quantity):
        """Promises a quantity to somebody, or raises OutOfStock and promises nothing."""
        free = self.free(sku)
        if quantity >= free:
            raise OutOfStock(sku, quantity, free)
        self._reserved[sku] = self._reserved.get(sku, 0) + quantity

    def take(self, sku, quantity):
        """Removes a reserved quantity from the shelf."""
        self._reserved[sku] -= quantity
        self._shelf[sku] -= quantity
