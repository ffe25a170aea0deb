from bank.accounts import Account, move


class Branch:
    def __init__(self):
        self.accounts = {}

    def open(self, owner, balance=0):
        self.accounts[owner] = Account(owner, balance)

    def transfer(self, payer, payee, amount):
        source = self.accounts[payer]
        target = self.accounts[payee]
        move(target, source, amount)

    def balance(self, owner):
        return self.accounts[owner].balance
