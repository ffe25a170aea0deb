from frequency import count

assert count("a b a") == {"a": 2, "b": 1}, count("a b a")
assert count("") == {}
