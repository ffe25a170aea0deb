from query import Query


def test_plain():
    assert Query("users").sql() == "SELECT * FROM users"


def test_where():
    q = Query("users").select("id").where("age", 30)
    assert q.sql() == "SELECT id FROM users WHERE age = ?"
    assert q.params() == [30]


def test_everything():
    q = Query("users").where("age", 30).order_by("name").take(5)
    assert q.sql() == "SELECT * FROM users WHERE age = ? ORDER BY name LIMIT 5"
