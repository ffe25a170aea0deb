from pathlib import Path

from labels import label


def test_cheap():
    assert label("Ei", 5) == "Ei — 0,05 €"


def test_mark_is_kept():
    data = Path(__file__).with_name("labels.py").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf") and data.count(b"\xef\xbb\xbf") == 1
