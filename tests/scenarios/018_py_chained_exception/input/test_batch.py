import pytest
from mailer.batch import BatchError, recipients


def test_blank_lines():
    assert recipients(["", "  "]) == []


def test_named_and_bare():
    assert recipients(["Ada <ada@Example.org>", "bob@host.net"]) == [
        ("Ada", "ada", "example.org"),
        ("", "bob", "host.net"),
    ]


def test_bad_line_is_named():
    with pytest.raises(BatchError, match="line 2"):
        recipients(["", "nonsense"])
