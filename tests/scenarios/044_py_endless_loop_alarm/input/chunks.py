"""Cuts a message into numbered chunks for a radio link."""


class Sender:
    def __init__(self, size):
        self.size = size
        self.sent = []

    def chunks(self, message):
        at = 0
        while at < len(message):
            yield message[at : at + self.size]
            at += self.size - len(message[at : at + self.size])

    def send(self, message):
        total = -(-len(message) // self.size)
        for number, chunk in enumerate(self.chunks(message), start=1):
            self.sent.append(f"{number}/{total} {chunk}")
        return len(self.sent)
