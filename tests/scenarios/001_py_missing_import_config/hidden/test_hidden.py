import pytest
from settings import load


def test_empty_file(tmp_path):
    f = tmp_path / "app.json"
    f.write_text("  \n")
    assert load(f)["host"] == "127.0.0.1"


def test_broken_file_is_not_hidden(tmp_path):
    f = tmp_path / "app.json"
    f.write_text("{oops")
    with pytest.raises(ValueError):
        load(f)
