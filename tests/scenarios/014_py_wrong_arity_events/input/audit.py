from events import Bus


class Audit:
    def __init__(self, bus: Bus):
        self.lines = []
        for topic in ("login", "logout"):
            bus.on(topic, self.note)

    def note(self, topic, payload):
        self.lines.append(f"{topic}:{payload['user']}")
