from folders import Folder, path_of


def test_named_root():
    root = Folder("srv")
    assert root.mkdir("www").path() == "srv/www"
    assert root.mkdir("www").parent is root
    assert path_of(root.mkdir("www/img")) == "srv/www/img"
