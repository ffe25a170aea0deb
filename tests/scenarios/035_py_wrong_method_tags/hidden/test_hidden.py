from notes.note import Note


def test_no_tags():
    n = Note("just text #")
    assert n.find_tags() == []
    assert n.tag_line() == ""
