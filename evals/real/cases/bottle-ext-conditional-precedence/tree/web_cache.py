"""An extension: remembers answers."""


class Cache:
    def __init__(self):
        self.answers = {}

    def get(self, key, make):
        if key not in self.answers:
            self.answers[key] = make()
        return self.answers[key]
