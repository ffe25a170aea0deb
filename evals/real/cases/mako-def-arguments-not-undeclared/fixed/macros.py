"""Macros: named pieces of text with parameters."""

import re

from names import Signature, free_names

STANDARD_FILTERS = {
    "trim": str.strip,
    "upper": str.upper,
    "quote": lambda text: text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;"),
}

_PLACE = re.compile(r"\$\{(.*?)\}")


class UndefinedName(NameError):
    """A template uses a name that nobody has given."""


class MacroTag:
    """The opening tag of a macro.

    `attributes` may hold ``filter`` (names of filters, split by commas) and the expressions
    ``key`` and ``when``: a text is kept under its key, and nothing is shown unless ``when`` holds.
    """

    EXPRESSIONS = ("key", "when")

    def __init__(self, signature, attributes=None):
        self.signature = Signature(signature)
        self.attributes = dict(attributes or {})
        self.filters = [name.strip() for name in self.attributes.get("filter", "").split(",") if name.strip()]

    def expression_names(self):
        found = set()
        for attribute in self.EXPRESSIONS:
            if attribute in self.attributes:
                found |= free_names(self.attributes[attribute])
        return found

    def undeclared_names(self):
        """Return the names that the tag needs from around it."""
        found = set()
        for default in self.signature.defaults:
            found |= free_names(default)
        return found.union(
            set(self.filters).difference(STANDARD_FILTERS)
        ).union(
            self.expression_names()
        ).difference(
            self.signature.parameters
        )

    def declared_names(self):
        return {self.signature.name}


class Macro:
    """A macro bound to the names given to the template.

    A strict macro refuses at once when a name it needs is missing; another one takes None.
    """

    def __init__(self, tag, body, given, strict=False):
        self.tag = tag
        self.body = body
        self.given = dict(given)
        self._kept = {}
        needed = set(tag.undeclared_names())
        for expression in _PLACE.findall(body):
            needed |= free_names(expression) - set(tag.signature.parameters)
        for name in sorted(needed - set(self.given)):
            if strict:
                raise UndefinedName(f"{name!r} is not defined in {tag.signature.name}")
            self.given[name] = None

    def _evaluate(self, expression, args, kwargs):
        function = eval(self.tag.signature.lambda_source(f"({expression})"), dict(self.given))
        return function(*args, **kwargs)

    def __call__(self, *args, **kwargs):
        attributes = self.tag.attributes
        if "when" in attributes and not self._evaluate(attributes["when"], args, kwargs):
            return ""
        if "key" not in attributes:
            return self._render(args, kwargs)
        key = self._evaluate(attributes["key"], args, kwargs)
        if key not in self._kept:
            self._kept[key] = self._render(args, kwargs)
        return self._kept[key]

    def _render(self, args, kwargs):
        text = _PLACE.sub(lambda place: str(self._evaluate(place.group(1), args, kwargs)), self.body)
        for name in self.tag.filters:
            text = (STANDARD_FILTERS.get(name) or self.given[name])(text)
        return text
