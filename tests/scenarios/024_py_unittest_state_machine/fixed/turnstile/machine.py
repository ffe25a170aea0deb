class Turnstile:
    """Locked until paid; each payment lets one person through."""

    def __init__(self, price=2):
        self.price = price
        self.credit = 0
        self.state = "locked"
        self.passed = 0

    def coin(self, value):
        self.credit += value
        if self.state == "locked" and self.credit >= self.price:
            self.credit -= self.price
            self.state = "open"
        return self.state

    def push(self):
        if self.state != "open":
            return False
        self.passed += 1
        if self.credit >= self.price:
            self.credit -= self.price
        else:
            self.state = "locked"
        return True
