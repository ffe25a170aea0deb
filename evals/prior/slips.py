"""Slips in JavaScript, TypeScript, Rust and Go, made word by word, for `inject.py`.

Python's slips are made in its syntax tree (evals/repair/mutate.py). Here words are enough: operators count only
between spaces, as formatters leave them, so that `<` of a type and `*` of a pointer are passed over. The search does
not know how a bug was made.
"""

import random
import re
from dataclasses import dataclass

WORD = re.compile(
    r"""(?P<skip>//[^\n]*|/\*.*?\*/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)+'|`[^`]*`|\s+)"""
    r"|(?P<name>[A-Za-z_$][\w$]*)|(?P<number>\d[\w.]*)|(?P<sign>[=!]==|&&|\|\||[-+*/%<>=!|&^]=|=>|->|::|\.\.=?|<<|>>|.)",
    re.S,
)
PAIRS = {
    "comparison boundary": {"<": "<=", "<=": "<", ">": ">=", ">=": ">"},
    "comparison": {"==": "!=", "!=": "==", "===": "!==", "!==": "===", "<": ">", ">": "<"},
    "arithmetic": {"+": "-", "-": "+", "*": "/", "/": "*"},
    "boolean operator": {"&&": "||", "||": "&&"},
    "augmented assignment": {"+=": "-=", "-=": "+=", "*=": "/="},
}
KEYWORDS = set(
    """as async await break case catch class const continue default defer delete do else enum export extends false final
    finally fn for from func function go if impl import in instanceof interface let loop map match mod move mut new nil
    null of package pub range ref return self Self static struct super switch this throw trait true try type typeof
    undefined use var void where while with yield string int bool error""".split()
)
# Names this many lines apart may be taken for each other.
NEAR = 12


@dataclass
class Slip:
    operator: str
    start: int
    end: int
    text: str


@dataclass
class Word:
    kind: str
    text: str
    start: int
    line: int
    # White space on both sides.
    is_free: bool = False

    @property
    def end(self):
        return self.start + len(self.text)


def words(text):
    found, line = [], 0
    for match in WORD.finditer(text):
        if match.lastgroup != "skip":
            found.append(Word(match.lastgroup, match.group(), match.start(), line))
            around = text[match.start() - 1 : match.start()] + text[match.end() : match.end() + 1]
            found[-1].is_free = len(around) == 2 and around.isspace()
        line += match.group().count("\n")
    return found


def slips(text, seed=0):
    """Every slip of a source text, in the order of the text; which name takes another's place is drawn."""
    draw, all_words = random.Random(seed), words(text)
    for at, word in enumerate(all_words):
        before = all_words[at - 1] if at else None
        behind = all_words[at + 1] if at + 1 < len(all_words) else None
        if before and behind:
            yield from of_word(word, before, behind, at, all_words, draw)
    yield from of_calls(text)


def of_word(word, before, behind, at, all_words, draw):
    for operator, pairs in PAIRS.items():
        if word.kind == "sign" and word.is_free and word.text in pairs:
            yield Slip(operator, word.start, word.end, pairs[word.text])
    if word.text in ("&&", "||") and word.is_free and behind.kind == "name":
        last = behind
        for part in all_words[at + 2 :]:
            if part.text == "." or part.kind == "name" and last.text == ".":
                last = part
            else:
                break
        # `a && b)` and `a && b {`: the whole operand.
        if part.text in (")", "{", "&&", "||"):
            yield Slip("condition dropped", before.end, last.end, "")
    if word.kind == "number" and word.text.isdigit() and int(word.text) < 100:
        yield Slip("constant", word.start, word.end, str(int(word.text) + draw.choice([1, -1] if int(word.text) else [1])))
        if before.text in ("+", "-") and before.is_free and word.text == "1":
            yield Slip("off by one", all_words[at - 2].end, word.end, "")
    if word.text in ("true", "false"):
        yield Slip("constant", word.start, word.end, "false" if word.text == "true" else "true")
    if word.text == "!" and behind.kind == "name" and behind.start == word.end and before.kind != "name":
        yield Slip("negation dropped", word.start, word.end, "")
    if word.kind == "name" and word.text not in KEYWORDS:
        yield from of_name(word, before, behind, all_words, draw)


def of_name(word, before, behind, all_words, draw):
    is_called, is_member = behind.text == "(", before.text == "."
    if before.text in ("function", "func", "fn", "class", "let", "const", "var", "mut", "::", "type", "use"):
        return
    if behind.text in (":", ":=", "=>", "::", "=", ",") and not is_member:
        return

    def is_alike(at):
        other = all_words[at]
        if other.kind != "name" or other.text == word.text or other.text in KEYWORDS or at + 1 >= len(all_words):
            return False
        alike = (all_words[at - 1].text == ".") == is_member and (all_words[at + 1].text == "(") == is_called
        return alike and abs(other.line - word.line) <= NEAR and other.text[0].islower() == word.text[0].islower()

    others = sorted({all_words[at].text for at in range(1, len(all_words)) if is_alike(at)})
    if others:
        operator = {(True, True): "wrong method", (True, False): "wrong attribute", (False, True): "wrong function"}
        name = operator.get((is_member, is_called), "wrong variable")
        yield Slip(name, word.start, word.end, draw.choice(others))


def of_calls(text):
    simple = r"[A-Za-z_$][\w$.]*|\d+"
    for match in re.finditer(rf"(?<!func)(?<!function)(?<!fn)\b[\w$]+\((({simple}), ({simple}))\)(?! \{{)", text):
        a, b = match.group(2), match.group(3)
        if a != b:
            yield Slip("swapped arguments", match.start(1), match.end(1), f"{b}, {a}")
            yield Slip("missing argument", match.start(1), match.end(1), a)
    for match in re.finditer(r" \|\| (\{\}|\[\]|''|\"\"|0|null)", text):
        yield Slip("default", match.start(), match.end(), "")
