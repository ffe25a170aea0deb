from grades import grade, summary


def test_grade():
    assert grade(91) == "A"
    assert grade(30, maximum=40) == "B"
    assert grade(12) == "F"


def test_summary():
    assert summary([95, 92, 10]) == {"A": 2, "F": 1}
