from sensor.window import Window


class Alarm:
    def __init__(self, limit, span=60):
        self.limit = limit
        self.window = Window(span)

    def feed(self, at, value):
        self.window.push(at, value)
        return self.check(at)

    def check(self, now):
        self.window.expire(now)
        return self.window.mean() > self.limit
