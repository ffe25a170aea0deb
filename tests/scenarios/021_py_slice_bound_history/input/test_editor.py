from editor import Editor


def test_undo_one():
    e = Editor()
    e.type("a")
    e.type("b")
    assert e.undo() == "a"


def test_limit_states_remain():
    e = Editor(limit=3)
    for letter in "abcde":
        e.type(letter)
    assert e.history.states == ["abc", "abcd", "abcde"]
    assert e.undo() == "abcd"
    assert e.undo() == "abc"
