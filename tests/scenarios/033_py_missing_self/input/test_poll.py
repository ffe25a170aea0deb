from poll import Poll


def test_winner():
    p = Poll("lunch?", ["soup", "rice"])
    p.vote("soup")
    assert p.winner() == "soup"


def test_share():
    p = Poll("lunch?", ["soup", "rice"])
    for choice in ("soup", "soup", "rice", "soup"):
        p.vote(choice)
    assert p.share("soup") == 0.75
    assert p.share("rice") == 0.25
