"""Cut a list of records into numbered pages."""

from dataclasses import dataclass


@dataclass
class Page:
    number: int
    items: list
    last: bool


class Pager:
    def __init__(self, records, size=10):
        if size < 1:
            raise ValueError("a page holds at least one record")
        self.records = list(records)
        self.size = size

    def count(self):
        full, rest = divmod(len(self.records), self.size)
        return full + (1 if rest else 0)

    def page(self, number):
        """Pages count from 1."""
        if number < 1 or number > max(self.count(), 1):
            raise IndexError(f"no page {number}")
        start = (number - 1) * self.size + 1
        items = self.records[start : start + self.size]
        return Page(number, items, number >= self.count())

    def __iter__(self):
        for number in range(1, self.count() + 1):
            yield self.page(number)
