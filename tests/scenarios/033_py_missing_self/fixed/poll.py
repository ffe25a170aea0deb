class Poll:
    def __init__(self, question, options):
        self.question = question
        self.votes = {option: 0 for option in options}

    def total(self):
        return sum(self.votes.values())

    def vote(self, option):
        if option not in self.votes:
            raise ValueError(f"{option!r} is not on the ballot")
        self.votes[option] += 1

    def share(self, option):
        if not self.votes[option]:
            return 0.0
        return self.votes[option] / self.total()

    def winner(self):
        best = max(self.votes.values())
        leaders = [o for o, n in self.votes.items() if n == best]
        return leaders[0] if len(leaders) == 1 else None
