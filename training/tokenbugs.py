"""Bugs in Rust, JavaScript and TypeScript, put in by token and not by tree.

Nothing here compiles the result: the classes are those whose inverse is a sensible repair in any case,
and the messages are the typical ones of rustc, node and their test tools.
"""

import random
import re
from dataclasses import dataclass

from .inject import Broken

TOKEN = re.compile(
    r"(?P<comment>//[^\n]*|/\*.*?\*/)|"
    r"(?P<string>\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)|(?P<life>'[a-z_]\w*\b(?!'))|"
    r"(?P<name>[A-Za-z_$][\w$]*)|(?P<number>\d[\w.]*)|"
    r"(?P<op>===|!==|==|!=|<=|>=|&&|\|\||\.\.=|\.\.\.|\.\.|\+=|-=|=>|->|::|\?\?|\?\.|<<|>>|"
    r"[-+*/%&|^!<>=?:;,.(){}\[\]])|"
    r"(?P<space>\s+)",
    re.S,
)
HEADS = {
    "rs": re.compile(r"^(?P<pad>[ \t]*)(?:pub(?:\([^)]*\))? )?(?:const |async |unsafe |extern \"C\" )*fn \w+"),
    "js": re.compile(
        r"^(?P<pad>[ \t]*)(?:export )?(?:default )?(?:async )?"
        r"(?:function\b|(?:static |async |get |set |private |public |protected )*"
        r"(?!if\b|for\b|while\b|switch\b|catch\b)[\w$]+\s*\([^;]*\)[^;=]*\{$|"
        r"(?:const|let|var) [\w$]+ = (?:async )?(?:function|\([^)]*\) =>))"
    ),
}
OPERATORS = {
    "<": ["<=", ">"],
    "<=": ["<"],
    ">": [">=", "<"],
    ">=": [">"],
    "==": ["!="],
    "!=": ["=="],
    "===": ["!=="],
    "!==": ["==="],
    "&&": ["||"],
    "||": ["&&"],
    "+": ["-"],
    "-": ["+"],
    "*": ["/", "+"],
    "/": ["*"],
    "%": ["/"],
    "+=": ["-=", "="],
    "-=": ["+="],
    "..": ["..="],
    "..=": [".."],
    "<<": [">>"],
    ">>": ["<<"],
    "??": ["||"],
    "?.": ["."],
}
TWINS = """min/max any/all first/last push/pop push/unshift shift/pop find/filter some/every map/filter map/forEach
starts_with/ends_with startsWith/endsWith is_some/is_none is_ok/is_err unwrap_or/unwrap iter/into_iter iter/iter_mut
as_ref/as_mut floor/ceil slice/splice indexOf/lastIndexOf trim_start/trim_end trimStart/trimEnd insert/remove insert/get
keys/values values/entries true/false Some/None Ok/Err undefined/null let/const find/rfind split/rsplit and_then/map
to_lowercase/to_uppercase toLowerCase/toUpperCase is_empty/len skip/take concat/push saturating_sub/wrapping_sub
saturating_add/wrapping_add get/get_mut left/right width/height start/end key/value src/dst""".split()
TWIN = {}
for _pair in TWINS:
    _a, _b = _pair.split("/")
    TWIN.setdefault(_a, []).append(_b)
    TWIN.setdefault(_b, []).append(_a)
WORDS = set(
    """fn let mut pub if else match for while loop return self Self impl use mod struct enum trait where as in ref
const static async await move function var class extends new this super typeof instanceof try catch finally throw break
continue switch case default export import from of yield null undefined true false None Some Ok Err string number
boolean void any""".split()
)


@dataclass
class Piece:
    """A function's text and the spans of its tokens: (kind, text, begin, end)."""

    text: str
    number: int

    def tokens(self):
        return [(m.lastgroup, m.group(), m.start(), m.end()) for m in TOKEN.finditer(self.text)]


def units_of(text):
    """Functions and methods of a file, told by their heads and the indentation of their closing brace."""
    lines = text.split("\n")
    head = HEADS["rs"] if re.search(r"(?m)^\s*(pub )?fn \w+", text) else HEADS["js"]
    at = 0
    while at < len(lines):
        found = head.match(lines[at])
        if not found:
            at += 1
            continue
        pad, end = found["pad"], at
        while end < len(lines) and end < at + 150 and not re.match(rf"{pad}\}}", lines[end]):
            end += 1
        if end < len(lines) and end < at + 150 and end - at >= 2:
            body = [line.rstrip() for line in lines[at : end + 1]]
            yield Piece("\n".join(line[len(pad) :] if line.startswith(pad) else line for line in body), at + 1)
            at = end
        at += 1


def inject(piece: Piece, rng: random.Random, language):
    """One bug in a piece, or None."""
    tokens = piece.tokens()
    makers = sorted(MAKERS, key=lambda entry: rng.expovariate(entry[1]))
    for maker, _ in makers:
        sites = list(maker(piece, tokens, rng))
        if not sites:
            continue
        begin, end, new, error = rng.choice(sites)
        text = piece.text[:begin] + new + piece.text[end:]
        text = "\n".join(line.rstrip() for line in text.split("\n"))
        if text != piece.text:
            line = text.count("\n", 0, begin) + 1 if error else None
            return Broken(
                text, f"{language} {maker.__name__}", spell(error, language) if error else result(language, rng), line
            )
    return None


def spell(error, language):
    """The message of an error kind and name in the language's own words."""
    kind, name = error
    words = {
        "name": ("error[E0425]: cannot find value `%s` in this scope", "ReferenceError: %s is not defined"),
        "member": ("error[E0599]: no method named `%s` found", "TypeError: x.%s is not a function"),
        "type": ("error[E0308]: mismatched types", "TypeError: Cannot read properties of undefined (reading '%s')"),
        "await": ("error[E0308]: mismatched types", "TypeError: %s is not iterable"),
        "syntax": (
            "error: expected one of `.`, `;`, `?`, `}`, or an operator, found `%s`",
            "SyntaxError: Unexpected token '%s'",
        ),
        "mut": (
            "error[E0596]: cannot borrow `%s` as mutable, as it is not declared as mutable",
            "TypeError: Assignment to constant variable.",
        ),
    }[kind]
    text = words[0 if language == "rs" else 1]
    return text % name if "%s" in text else text


def result(language, rng):
    """What a test says of a wrong value."""
    a, b = rng.randrange(10), rng.randrange(10)
    if rng.random() < 0.35:
        return ""
    return rng.choice(
        [
            "assertion `left == right` failed",
            "assertion failed",
            "index out of bounds: the len is %d but the index is %d" % (a, a),
            "called `Option::unwrap()` on a `None` value",
            "attempt to subtract with overflow",
        ]
        if language == "rs"
        else [
            f"AssertionError: expected {a} to equal {b}",
            "AssertionError: Expected values to be strictly equal",
            f"Expected: {a} Received: {b}",
            "TypeError: Cannot read properties of undefined",
        ]
    )


def operator_wrong(piece, tokens, rng):
    for kind, text, begin, end in tokens:
        spaced = piece.text[begin - 1 : begin] == " " == piece.text[end : end + 1]
        if kind == "op" and text in OPERATORS and (spaced or text in ("..", "..=", "?.")):
            yield begin, end, rng.choice(OPERATORS[text]), None


def number_wrong(piece, tokens, rng):
    for kind, text, begin, end in tokens:
        if kind == "number" and text.isdigit():
            yield begin, end, str(max(0, int(text) + rng.choice([-1, 1, 1, 10]))), None


def string_wrong(piece, tokens, rng):
    for kind, text, begin, end in tokens:
        if kind == "string" and 4 < len(text) < 60 and "\\" not in text:
            at = rng.randrange(1, len(text) - 1)
            yield begin, end, text[:at] + rng.choice(["", text[at] * 2, " "]) + text[at + 1 :], None


def names_of(tokens):
    return [t for t in tokens if t[0] == "name" and t[1] not in WORDS]


def variable_misuse(piece, tokens, rng):
    names = names_of(tokens)
    plain = sorted({text for _, text, begin, _ in names if piece.text[begin - 1 : begin] != "."})
    for _, _, begin, end in names[1:]:
        if piece.text[begin - 1 : begin] not in (".", ":") and piece.text[end : end + 1] not in ("(", ":", "!"):
            yield begin, end, rng.choice(plain), None


def member_misuse(piece, tokens, rng):
    members = sorted({text for _, text, begin, _ in names_of(tokens) if piece.text[begin - 1 : begin] == "."})
    for _, _, begin, end in names_of(tokens):
        if piece.text[begin - 1 : begin] == "." and len(members) > 1:
            new = rng.choice(members)
            yield begin, end, new, ("member", new) if rng.random() < 0.4 else None


def twin(piece, tokens, rng):
    for kind, text, begin, end in tokens:
        if kind == "name" and text in TWIN:
            yield begin, end, rng.choice(TWIN[text]), None


def name_misspelt(piece, tokens, rng):
    for _, text, begin, end in names_of(tokens)[1:]:
        if len(text) > 3:
            at = rng.randrange(1, len(text) - 1)
            new = rng.choice(
                [text[:at] + text[at + 1 :], text[:at] + text[at + 1] + text[at] + text[at + 2 :], text + "s"]
            )
            member = piece.text[begin - 1 : begin] == "."
            if new != text:
                yield begin, end, new, ("member" if member else "name", new)


def negation(piece, tokens, rng):
    for _, text, begin, end in tokens:
        if text == "!" and piece.text[end : end + 1].isidentifier():
            yield begin, end, "", None
        if (
            text in ("if", "while")
            and piece.text[end : end + 2] == " ("
            and piece.text[end + 2 : end + 3].isidentifier()
        ):
            yield end + 2, end + 2, "!", None
        elif (
            text == "if" and re.match(r" [a-z_]", piece.text[end : end + 2]) and not piece.text.startswith(" let", end)
        ):
            yield end + 1, end + 1, "!", None


def word_dropped(piece, tokens, rng):
    for kind, text, begin, end in tokens:
        if text in ("await", "return", "this", "mut", "new"):
            after = end + 1 if piece.text[end : end + 1] in (" ", ".") else end
            error = {"await": ("await", "object"), "mut": ("mut", "value"), "this": ("name", "value")}.get(text)
            yield begin, after, "", error
        elif text in ("?", "&", "*") and kind == "op" and piece.text[begin - 1 : begin] in (")", "(", " "):
            if piece.text[end : end + 1] != " ":
                yield begin, end, "", ("type", "value")


def argument_dropped(piece, tokens, rng):
    for found in re.finditer(r"\((?:[\w.&$]+, )*([\w.&$]+)(, [\w.&$]+)\)", piece.text):
        yield found.start(2), found.end(2), "", None
        first, second = found.group(1), found.group(2)[2:]
        yield found.start(1), found.end(2), f"{second}, {first}", None


def punctuation_dropped(piece, tokens, rng):
    for kind, text, begin, end in tokens:
        if kind == "op" and text in "(){}[],;" and rng.random() < 0.5:
            after = re.match(r"\s*(\S)", piece.text[end:])
            yield begin, end, "", ("syntax", after.group(1) if after else "}")


def line_dropped(piece, tokens, rng):
    for found in re.finditer(r"(?m)^[ \t]+[^\n{}]+;\n", piece.text):
        yield found.start(), found.end(), "", None
    for found in re.finditer(
        r"(?m)^([ \t]+)if [^\n]+\{\n[^\n{}]*(?:return|continue|break|throw)[^\n]*\n\1\}\n", piece.text
    ):
        yield found.start(), found.end(), "", None


MAKERS = [
    (operator_wrong, 5),
    (number_wrong, 2),
    (string_wrong, 1.5),
    (variable_misuse, 4),
    (member_misuse, 3),
    (twin, 3),
    (name_misspelt, 3),
    (negation, 2),
    (word_dropped, 2),
    (argument_dropped, 3),
    (punctuation_dropped, 1.5),
    (line_dropped, 3),
]
