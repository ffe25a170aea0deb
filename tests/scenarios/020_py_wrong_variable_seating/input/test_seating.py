from seating import Table, place, plan


def test_two_parties():
    tables = [Table(1, 4), Table(2, 2)]
    assert place([["Al", "Bea", "Cy"], ["Di", "Ed"]], tables) == []
    assert plan(tables) == {1: ["Al", "Bea", "Cy"], 2: ["Di", "Ed"]}


def test_no_room():
    tables = [Table(1, 2)]
    assert place([["Al", "Bea", "Cy"]], tables) == [["Al", "Bea", "Cy"]]


def test_many_small_parties():
    tables = [Table(1, 3)]
    assert place([["Al"], ["Bea"], ["Cy"], ["Di"]], tables) == [["Di"]]
