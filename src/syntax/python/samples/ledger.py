"""Accounts and transfers: classes, properties, exceptions."""
from collections import defaultdict, deque
import json
import re as regex

LIMIT = 1_000
NAMES = {"eur": "Euro", 'usd': "Dollar"}
count = 0


class LedgerError(Exception):
    pass


class Entry:
    kind = "entry"

    def __init__(self, amount, label="", tags=[], *rest, currency: str = "eur", **more):
        super().__init__()
        self.amount, self.label = amount, label
        self.tags = tags
        self._currency = currency
        self.next = None

    @property
    def currency(self):
        return NAMES.get(self._currency, "?")

    @staticmethod
    def parse(line):
        parts = line.strip().split(";")
        if len(parts) != 2:
            raise LedgerError("bad line: %s" % line)
        amount, label = parts
        return Entry(float(amount), label=label.lower())

    def __repr__(self):
        return f"<{self.label!r}: {self.amount:.2f} {'+' if self.amount > 0 else '-'}>"


class Ledger(list):
    def __init__(self, owner, entries=None):
        self.owner = owner
        self.entries = entries or []
        self.totals = defaultdict(int)

    def add(self, entry):
        global count
        count += 1
        self.entries.append(entry)
        self.totals[entry.currency] += entry.amount
        return self

    def largest(self, n=3):
        ranked = sorted(self.entries, key=lambda e: e.amount, reverse=True)
        return ranked[:n]

    def balance(self, since=None, *, until=None):
        total = 0
        for i, entry in enumerate(self.entries):
            if since is not None and i < since:
                continue
            if until is not None and not i <= until:
                break
            total += entry.amount if entry.amount else 0
        else:
            total = round(total, 2)
        return total

    def load(self, path):
        try:
            with open(path, "r") as handle:
                data = json.load(handle)
        except (OSError, ValueError) as error:
            raise LedgerError(str(error)) from error
        except KeyError:
            return None
        finally:
            self.dirty = False
        for raw in data["entries"]:
            self.add(Entry.parse(raw))

    async def sync(self, remote):
        queue = deque(self.entries)
        while queue:
            head = queue.popleft()
            answer = await remote.send(head)
            if answer.status == 404:
                queue.append(head)
            elif answer.status >= 500:
                return False
            else:
                pass
        return True


def chain(entries):
    first = last = None
    for entry in entries:
        if first is None:
            first = entry
        else:
            last.next = entry
        last = entry
    node = first
    while node:
        yield node
        node = node.next


def matches(text, pattern=r"^\d+[a-z]*$"):
    found = regex.match(pattern, text)
    return bool(found) and found.group(0) == text


def counter():
    n = 0

    def step(by=1):
        nonlocal n
        n += by
        return n

    return step, [lambda k=k: k for k in range(3)]
