"""Splits text into tokens by a list of definitions."""

import re

from errors import UnexpectedCharacters
from terminals import LiteralPattern, RegexPattern, TokenDef


class Token(str):
    """The text of a token, with its type and its place."""

    __slots__ = ("type", "position", "line", "column")

    def __new__(cls, type_, value, position=None, line=None, column=None):
        self = super().__new__(cls, value)
        self.type = type_
        self.position = position
        self.line = line
        self.column = column
        return self

    @classmethod
    def like(cls, type_, value, other):
        """Make a token at the place of another one."""
        return cls(type_, value, other.position, other.line, other.column)

    def __repr__(self):
        return f"Token({self.type!r}, {str(self)!r})"


class LineCounter:
    def __init__(self):
        self.position = 0
        self.line = 1
        self.line_start = 0

    @property
    def column(self):
        return self.position - self.line_start

    def feed(self, text):
        newlines = text.count("\n")
        if newlines:
            self.line += newlines
            self.line_start = self.position + text.rindex("\n") + 1
        self.position += len(text)


class Lexer:
    """Yields tokens; the definition of highest priority, then the longest one, is tried first.

    Tokens whose type is in `ignore` are skipped. `callbacks` maps types to functions that
    are given a token and return the one to yield in its place.
    """

    def __init__(self, definitions, ignore=(), callbacks=None):
        definitions = list(definitions)
        self._check(definitions, ignore)
        self.ignore = frozenset(ignore)
        self.callbacks = dict(callbacks or {})
        self.definitions = sorted(definitions, key=self._order)
        self._scanner = re.compile("|".join(f"(?P<{d.name}>{d.pattern.regex})" for d in self.definitions))

    @staticmethod
    def _order(definition):
        wanted = definition.pattern
        return (-definition.priority, -wanted.max_width, -len(wanted.value), definition.name)

    @staticmethod
    def _check(definitions, ignore):
        names = set()
        for definition in definitions:
            if definition.name in names:
                raise LexError(f"token {definition.name} is defined twice")
            names.add(definition.name)
            try:
                compiled = re.compile(definition.pattern.regex)
            except re.error as error:
                raise LexError(f"cannot compile token {definition.name}: {error}") from None
            if compiled.match(""):
                raise LexError(f"token {definition.name} matches the empty string")
        unknown = sorted(set(ignore) - names)
        if unknown:
            raise LexError(f"ignored tokens are not defined: {', '.join(unknown)}")

    def lex(self, text):
        counter = LineCounter()
        while counter.position < len(text):
            match = self._scanner.match(text, counter.position)
            if match is None:
                raise UnexpectedCharacters(text, counter.position, counter.line, counter.column)
            type_ = match.lastgroup
            value = match.group(type_)
            if type_ not in self.ignore:
                token = Token(type_, value, counter.position, counter.line, counter.column)
                if type_ in self.callbacks:
                    token = self.callbacks[type_](token)
                yield token
            counter.feed(value)


def keywords(*words, priority=1):
    """Definitions for words that are tokens of their own."""
    return [TokenDef(word.upper(), LiteralPattern(word), priority) for word in words]


def pattern(name, regex, priority=0):
    return TokenDef(name, RegexPattern(regex), priority)
