"""Assign guests to tables, keeping parties together."""


class Table:
    def __init__(self, number, seats):
        self.number = number
        self.seats = seats
        self.guests = []

    def free(self):
        return self.seats - len(self.guests)


def place(parties, tables):
    """Each party sits at the first table with room. Returns the parties left standing."""
    standing = []
    for party in parties:
        for table in tables:
            if table.free() >= len(parties):
                table.guests.extend(party)
                break
        else:
            standing.append(party)
    return standing


def plan(tables):
    return {table.number: sorted(table.guests) for table in tables}
