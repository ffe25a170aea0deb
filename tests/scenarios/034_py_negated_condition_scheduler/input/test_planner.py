import pytest
from planner import Plan, Task


def test_chain():
    plan = Plan([Task("eat", ["cook"]), Task("cook", ["shop"]), Task("shop")])
    assert plan.order() == ["shop", "cook", "eat"]


def test_independent():
    assert Plan([Task("a"), Task("b")]).order() == ["a", "b"]


def test_circle():
    with pytest.raises(ValueError):
        Plan([Task("a", ["b"]), Task("b", ["a"])]).order()
