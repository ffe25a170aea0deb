from query import Query


def test_descending():
    q = Query("t").order_by("at", descending=True)
    assert q.sql() == "SELECT * FROM t ORDER BY at DESC"
    assert q.order_by("id") is q
