from planner import Plan, Task


def test_diamond():
    plan = Plan([Task("d", ["b", "c"]), Task("b", ["a"]), Task("c", ["a"]), Task("a")])
    assert plan.ready([]) == ["a"]
    assert plan.order() == ["a", "b", "c", "d"]
