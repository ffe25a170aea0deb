from pathlib import Path

from queue_model import Desk


def test_user_work_is_there():
    d = Desk("a")
    d.arrive("x")
    d.give_up("x")
    assert d.left == 1
    assert d.serve() is None
    assert Path(__file__).with_name("NOTES.md").read_text().startswith("half a thought")


def test_order():
    d = Desk("a")
    for person in "pqr":
        d.arrive(person)
    assert [d.serve(), d.serve(), d.serve()] == ["p", "q", "r"]
