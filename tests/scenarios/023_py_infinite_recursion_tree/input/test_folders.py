from folders import Folder


def test_depth():
    root = Folder("")
    assert root.mkdir("a/b/c").depth() == 3


def test_path():
    root = Folder("")
    deep = root.mkdir("a/b/c")
    assert root.path() == ""
    assert deep.path() == "/a/b/c"
