"""A small ledger: `python -m ledger COMMAND JOURNAL [ARGUMENT...]`."""

import sys
from datetime import date

from . import reports
from .entries import BadLine, read

COMMANDS = ("balance", "spending", "months", "between", "search")


def run(argv):
    if len(argv) < 2 or argv[0] not in COMMANDS:
        print("usage: ledger %s JOURNAL" % "|".join(COMMANDS), file=sys.stderr)
        return 2
    command, path, *rest = argv
    try:
        with open(path, encoding="utf-8") as journal:
            entries = read(journal)
    except (OSError, BadLine) as error:
        print("ledger: %s" % error, file=sys.stderr)
        return 1
    if command == "between":
        lines = reports.between(entries, date.fromisoformat(rest[0]), date.fromisoformat(rest[1]))
    elif command == "search":
        lines = reports.search(entries, rest[0])
    else:
        lines = getattr(reports, command)(entries)
    for line in lines:
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
