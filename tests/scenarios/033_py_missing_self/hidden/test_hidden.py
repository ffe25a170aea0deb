from poll import Poll


def test_no_votes():
    p = Poll("?", ["a"])
    assert p.share("a") == 0.0
    p.vote("a")
    assert p.share("a") == 1.0
