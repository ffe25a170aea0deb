class Store:
    """Sessions that end after `ttl` seconds without use."""

    def __init__(self, ttl):
        self.ttl = ttl
        self.last_seen = {}

    def touch(self, key, now):
        self.last_seen[key] = now

    def alive(self, key, now):
        seen = self.last_seen.get(key)
        return seen is not None and now - seen < self.ttl

    def sweep(self, now):
        """Drop what has ended; returns how many."""
        dropped = 0
        for key in self.last_seen:
            if not self.alive(key, now):
                del self.last_seen[key]
                dropped += 1
        return dropped
