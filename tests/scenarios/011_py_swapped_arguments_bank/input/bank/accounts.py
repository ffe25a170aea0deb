class Account:
    def __init__(self, owner, balance=0):
        self.owner = owner
        self.balance = balance
        self.log = []

    def post(self, amount, text):
        self.balance += amount
        self.log.append((amount, text))


def move(source, target, amount):
    if amount <= 0:
        raise ValueError("amount must be positive")
    source.post(-amount, f"to {target.owner}")
    target.post(amount, f"from {source.owner}")
