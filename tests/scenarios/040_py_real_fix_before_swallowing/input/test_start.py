from start import missing


def test_all_there():
    assert missing([{"name": "a", "requires": ["b"]}, {"name": "b", "requires": []}]) == []


def test_requires_is_optional():
    assert missing([{"name": "a", "requires": ["b", "c"]}, {"name": "b"}]) == ["c"]
