"""Definitions of tokens."""

import re
from collections import namedtuple

TokenDef = namedtuple("TokenDef", "name pattern priority", defaults=[0])


class LiteralPattern:
    """Matches one text."""

    def __init__(self, value):
        self.value = value

    @property
    def regex(self):
        return re.escape(self.value)

    @property
    def max_width(self):
        return len(self.value)


class RegexPattern:
    """Matches a regular expression; without groups that have names."""

    max_width = 0

    def __init__(self, value):
        self.value = value

    @property
    def regex(self):
        return self.value
