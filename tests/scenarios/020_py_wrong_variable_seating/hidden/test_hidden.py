from seating import Table, place, plan


def test_exact_fit():
    tables = [Table(1, 2), Table(2, 3)]
    assert place([list("abc"), list("de")], tables) == []
    assert plan(tables) == {1: ["d", "e"], 2: ["a", "b", "c"]}
