"""Keeps count of what lies on the shelves and what is promised to customers."""

from inventory.stock import OutOfStock, Stock
from inventory.orders import Order, ship

__all__ = ["Order", "OutOfStock", "Stock", "ship"]
