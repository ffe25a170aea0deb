"""The result of parsing a record."""


class Container(dict):
    """A dictionary whose items are attributes too."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name, value):
        self[name] = value

    def __repr__(self):
        items = ", ".join(f"{key}={value!r}" for key, value in self.items() if key != "_")
        return f"Container({items})"
