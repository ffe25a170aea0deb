from datetime import date, timedelta


class Subscription:
    def __init__(self, start: date, days: int):
        self.start = start
        self.days = days

    def ends(self):
        return self.start + timedelta(days=self.days)

    def active(self, on: date):
        """From the first day up to, not including, the day it ends."""
        return self.start <= on < self.ends()
