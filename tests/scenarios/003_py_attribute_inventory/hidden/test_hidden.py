from stock.warehouse import Warehouse


def test_own_level():
    w = Warehouse()
    w.receive("C3", 7)
    assert w.to_reorder() == []
    w.items["C3"].reorder_level = 7
    assert w.to_reorder() == ["C3"]
