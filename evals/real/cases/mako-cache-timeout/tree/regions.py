"""Named regions that keep computed texts for a while."""


class Region:
    """Texts under keys; each is made anew when it is older than its timeout."""

    def __init__(self, kind, folder=None):
        self.kind = kind
        self.folder = folder
        self._entries = {}

    def get(self, key, create, now, timeout=None):
        if timeout is not None and not isinstance(timeout, int):
            raise TypeError("the timeout must be a whole number of seconds")
        if key in self._entries:
            made, text = self._entries[key]
            if timeout is None or now - made < timeout:
                return text
        text = create()
        self._entries[key] = (now, text)
        return text


class RegionPool:
    """Makes each region once."""

    def __init__(self, clock):
        self._clock = clock
        self._regions = {}

    def get_cached(self, key, create, kind="memory", folder=None, timeout=None):
        region = self._regions.setdefault((kind, folder), Region(kind, folder))
        return region.get(key, create, self._clock(), timeout)

    def kinds(self):
        return sorted(kind for kind, _ in self._regions)
