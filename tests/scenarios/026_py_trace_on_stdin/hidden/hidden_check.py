from schedule import Schedule

s = Schedule()
s.book("11:00", "lunch", 60)
assert s.describe() == "11:00 lunch (60 min)"
