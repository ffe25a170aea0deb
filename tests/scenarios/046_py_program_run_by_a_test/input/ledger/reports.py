"""What the commands print: lists of lines."""

from collections import defaultdict

from .money import share, shown


def balance(entries):
    totals = defaultdict(int)
    for entry in entries:
        totals[entry.account] += entry.cents
    width = max((len(account) for account in totals), default=0)
    return ["%s  %12s" % (account.ljust(width), shown(totals[account])) for account in sorted(totals)]


def spending(entries):
    spent = defaultdict(int)
    for entry in entries:
        if entry.cents < 0:
            spent[entry.account] -= entry.cents
    whole = sum(spent.values())
    ranked = sorted(spent, key=lambda account: (-spent[account], account))
    return ["%s %s (%s)" % (account, shown(spent[account]), share(spent[account], whole)) for account in ranked]


def months(entries):
    totals = defaultdict(int)
    for entry in entries:
        totals[entry.day.strftime("%Y-%m")] += entry.cents
    running, lines = 0, []
    for month in sorted(totals):
        running += totals[month]
        lines.append("%s %s %s" % (month, shown(totals[month]), shown(running)))
    return lines


def between(entries, first, last):
    chosen = [entry for entry in entries if first <= entry.day < last]
    return ["%s %s %s" % (entry.day, entry.account, shown(entry.cents)) for entry in chosen]


def search(entries, word):
    word = word.lower()
    found = [entry for entry in entries if word in entry.note.lower() or word in entry.account.lower()]
    return ["%s %s" % (entry.day, entry.note or entry.account) for entry in found]
