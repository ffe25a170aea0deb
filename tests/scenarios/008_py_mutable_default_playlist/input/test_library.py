from library import Library


def test_length_of_one_list():
    library = Library()
    library.playlist("run").add("Up", 200)
    assert library.playlist("run").length() == 200


def test_lists_are_independent():
    library = Library()
    library.playlist("run").add("Up", 200).add("On", 100)
    library.playlist("calm").add("Sea", 65)
    assert library.playlist("calm").clock() == "1:05"
    assert library.longest() == "run"
