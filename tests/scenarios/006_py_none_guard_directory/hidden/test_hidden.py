from people.directory import Directory


def test_direct():
    d = Directory()
    d.add("A", "a@x")
    d.add("B", "b@x", manager="A")
    assert d.manager_email("A") is None
    assert d.manager_email("B") == "a@x"
    assert d.manager_email("Z") is None
