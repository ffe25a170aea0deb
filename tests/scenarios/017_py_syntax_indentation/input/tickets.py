class Ticket:
    ORDER = ["open", "active", "done"]

    def __init__(self, title):
        self.title = title
        self.state = "open"
        self.history = ["open"]

    def advance(self):
        at = self.ORDER.index(self.state)
        if at + 1 >= len(self.ORDER):
            raise ValueError("already done")
        self.state = self.ORDER[at + 1]
         self.history.append(self.state)
        return self.state

    def reopen(self):
        self.state = "open"
        self.history.append("open")
