import pytest
from people.directory import Directory
from people.notify import approvers


@pytest.fixture
def directory():
    d = Directory()
    d.add("Ines", "ines@example.org")
    d.add("Tom", "tom@example.org", manager="Ines")
    return d


def test_manager_is_asked(directory):
    assert approvers(directory, ["Tom"]) == ["ines@example.org"]


def test_unknown_person(directory):
    assert approvers(directory, ["Nobody"]) == ["office@example.org"]


def test_top_of_the_tree(directory):
    assert approvers(directory, ["Ines"]) == ["office@example.org"]
