class Bus:
    """Handlers are called as handler(topic, payload)."""

    def __init__(self):
        self.handlers = {}

    def on(self, topic, handler):
        self.handlers.setdefault(topic, []).append(handler)

    def emit(self, topic, payload):
        called = 0
        for handler in self.handlers.get(topic, []):
            handler(payload)
            called += 1
        return called
