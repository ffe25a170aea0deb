from schedule import Schedule

plan = Schedule()
plan.book("09:00", "stand-up", 15)
plan.book("10:30", "review", 45)
print(plan.describe())
