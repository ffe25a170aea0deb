"""What parsing gives."""


class Result(dict):
    """A record; its fields are attributes too."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __repr__(self):
        return f"Result({', '.join(f'{key}={value!r}' for key, value in self.items())})"


class ListResult(list):
    """A list of results."""

    def search(self, name):
        """Return the field `name` of the first item, at any depth, that has it."""
        for item in self:
            if isinstance(item, Result) and name in item:
                return item[name]
            if isinstance(item, ListResult):
                found = item.search(name)
                if found is not None:
                    return found
        return None

    def __repr__(self):
        return f"ListResult({super().__repr__()})"
