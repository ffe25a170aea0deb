from expenses.split import shares


def test_adds_up():
    for cents in range(50):
        for n in range(1, 8):
            out = shares(cents, [f"p{i}" for i in range(n)])
            assert sum(out.values()) == cents
            assert max(out.values()) - min(out.values()) <= 1
