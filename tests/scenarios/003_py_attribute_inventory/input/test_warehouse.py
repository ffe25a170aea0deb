from stock.warehouse import Warehouse


def filled():
    w = Warehouse()
    w.receive("A1", 10)
    w.receive("B2", 4)
    return w


def test_ship_reduces_quantity():
    w = filled()
    w.ship("A1", 3)
    assert w.items["A1"].quantity == 7


def test_low_items_are_listed():
    w = filled()
    assert w.to_reorder() == ["B2"]
    w.ship("A1", 5)
    assert w.to_reorder() == ["A1", "B2"]
