class Desk:
    """One counter with people waiting in line."""

    def __init__(self, name):
        self.name = name
        self.line = []
        self.served = 0
        self.left = 0  # people who gave up: not committed yet

    def arrive(self, person):
        self.line.append(person)

    def give_up(self, person):
        self.line.remove(person)
        self.left += 1

    def serve(self):
        if not self.line:
            return None
        self.served += 1
        return self.line.pop(0)


def shortest(desks):
    return min(desks, key=lambda desk: len(desk.line))
