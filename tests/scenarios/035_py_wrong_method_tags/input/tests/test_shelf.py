from notes.shelf import Shelf


def test_tag_line():
    assert Shelf().add("call #mum about #lunch").tag_line() == "mum, lunch"


def test_lookup():
    shelf = Shelf()
    shelf.add("buy milk #home")
    shelf.add("fix tap #home #urgent")
    assert shelf.tagged("urgent") == ["fix tap #home #urgent"]
    assert len(shelf.tagged("home")) == 2
