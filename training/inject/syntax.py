"""Bug classes that do not compile. Their messages are what the compiler really says."""

import io
import re
import tokenize

from .table import bug
from .unit import Mutation

MISSPELT = {
    "def": ["de", "fed", "define"],
    "return": ["retrun", "reutrn", "retur"],
    "import": ["improt", "imort"],
    "class": ["clas", "calss"],
    "while": ["whiel", "wile"],
    "for": ["fro", "foreach"],
    "elif": ["else if", "elsif", "elseif"],
    "except": ["excpet", "catch"],
    "else": ["esle", "els"],
    "lambda": ["lamda", "lambada"],
    "not": ["!", "no"],
    "and": ["&&", "adn"],
    "or": ["||"],
    "None": ["null", "none"],
    "True": ["true"],
    "False": ["false"],
    "in": ["ni", "is in"],
    "if": ["fi", "iff"],
    "try": ["tyr"],
    "with": ["wiht"],
    "raise": ["rasie", "throw"],
    "from": ["form"],
    "yield": ["yeild"],
}
PAIRED = {"(": ")", "[": "]", "{": "}"}


def tokens(unit):
    """The tokens of a unit with character spans: (kind, text, begin, end)."""
    try:
        for token in tokenize.generate_tokens(io.StringIO(unit.text).readline):
            begin = unit.starts[token.start[0] - 1] + token.start[1]
            yield token.type, token.string, begin, begin + len(token.string)
    except (tokenize.TokenError, IndentationError, IndexError):
        return


@bug(1)
def colon_dropped(unit, rng):
    for found in re.finditer(
        r"(?m)^ *(?:if|elif|else|for|while|def|try|except|with|class|finally)\b[^\n#]*(:)$", unit.text
    ):
        yield Mutation(((found.start(1), found.end(1), ""),), "")


@bug(1)
def bracket_dropped(unit, rng):
    for _, text, begin, end in tokens(unit):
        if text in ("(", ")", "[", "]", "{", "}"):
            yield Mutation(((begin, end, ""),), "")


@bug(0.5)
def bracket_doubled(unit, rng):
    for _, text, _, end in tokens(unit):
        if text in (")", "]", "}", "("):
            yield Mutation(((end, end, text),), "")


@bug(0.5)
def bracket_mismatched(unit, rng):
    for _, text, begin, end in tokens(unit):
        if text in (")", "]", "}"):
            yield Mutation(((begin, end, rng.choice([t for t in ")]}" if t != text])),), "")


@bug(0.75)
def quote_dropped(unit, rng):
    for kind, text, begin, end in tokens(unit):
        if kind == tokenize.STRING and "\n" not in text and text[-1:] == text[:1] != text[-2:-1]:
            yield Mutation(((end - 1, end, "") if rng.random() < 0.7 else (begin, begin + 1, ""),), "")


@bug(0.5)
def quote_mismatched(unit, rng):
    for kind, text, _, end in tokens(unit):
        if kind == tokenize.STRING and "\n" not in text and text[-1:] != text[-2:-1]:
            yield Mutation(((end - 1, end, {"'": '"', '"': "'"}[text[-1]]),), "")


@bug(1)
def keyword_misspelt(unit, rng):
    for kind, text, begin, end in tokens(unit):
        if kind == tokenize.NAME and text in MISSPELT and unit.text[max(0, begin - 1) : begin] != ".":
            yield Mutation(((begin, end, rng.choice(MISSPELT[text])),), "")


@bug(1)
def comma_dropped(unit, rng):
    for _, text, begin, end in tokens(unit):
        if text == ",":
            yield Mutation(((begin, end, ""),), "")


@bug(0.75)
def assignment_in_condition(unit, rng):
    for found in re.finditer(r"(?m)^ *(?:if|elif|while)\b[^\n]*?[\w\])] (==) ", unit.text):
        yield Mutation(((found.start(1), found.end(1), "="),), "")


@bug(1)
def indentation_broken(unit, rng):
    for index, line in enumerate(unit.lines[1:], 1):
        if line.strip():
            begin = unit.starts[index]
            if rng.random() < 0.5:
                yield Mutation(((begin, begin, rng.choice([" ", "  ", "    "])),), "")
            elif line.startswith("  "):
                yield Mutation(((begin, begin + rng.choice([1, 2, 4 if line.startswith("    ") else 2]), ""),), "")


@bug(0.5)
def operator_foreign(unit, rng):
    """Spellings of other languages: ++, ===, ->, !."""
    for kind, text, begin, end in tokens(unit):
        new = {
            "==": "===",
            "!=": rng.choice(["!==", "<>", "=!"]),
            "+=": "=+",
            "<=": "=<",
            ">=": "=>",
            "->": "=>",
            ":=": "=",
        }.get(text)
        if kind == tokenize.OP and new:
            yield Mutation(((begin, end, new),), "")


@bug(0.5)
def dot_or_operator_dropped(unit, rng):
    for kind, text, begin, end in tokens(unit):
        if kind == tokenize.OP and text in (".", "+", "=", "==", "%", "*", "-", "in"):
            yield Mutation(((begin, end, ""),), "")


@bug(0.35)
def body_missing(unit, rng):
    """A `pass` or a one-line body goes away."""
    for found in re.finditer(
        r"(?m)^( *)(?:if|else|for|try|except|def|while|with|finally)\b[^\n#]*:\n(\1 +[^\n]*\n)(?!\1 )", unit.text
    ):
        yield Mutation(((found.start(2), found.end(2), ""),), "")
