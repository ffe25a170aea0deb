import pytest
from loader import load, load_all


def test_optional():
    assert load({"name": "x"}).requires == []
    assert load({"name": "x", "requires": ("a",)}).requires == ["a"]
    assert set(load_all([{"name": "x"}, {"name": "y"}])) == {"x", "y"}


def test_name_is_not_optional():
    with pytest.raises(KeyError):
        load({"requires": []})
