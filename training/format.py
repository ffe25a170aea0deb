"""Format version 1 of prompts and edits, as specified in `prompts/embedded_v1.md`.

A window is a list of lines. The prompt shows it with numbered lines; the target is a list of hunks
that turn it into the repaired window. Everything here is on text; token ids come from `bpe.py`.
"""

import re
from dataclasses import dataclass

VERSION = 1
MAX_LINES = 96
MAX_MESSAGE = 160
MAX_AT = 3
NAMED = """<pad> <bos> <eos> <err> <at> <src> <fix> <rep> <ins> <end> <fim_prefix> <fim_suffix> <fim_middle>
<py> <rs> <js> <ts> <go>""".split()
SPECIAL = NAMED + [f"<L{k}>" for k in range(1, MAX_LINES + 1)]
RESERVED = 128
SPECIAL += [f"<reserved_{k}>" for k in range(RESERVED - len(SPECIAL))]
LANGUAGES = ("py", "rs", "js", "ts", "go")

BLANK = " \t\n\r\f\v"
PIECE = re.compile(r"[A-Za-z0-9_]+|[ \t\n\r\f\v]+|.", re.S)
ANY_SPECIAL = re.compile("|".join(map(re.escape, SPECIAL)))
HUNK = re.compile(r"<L(\d+)>(.*?)(?=<L\d+>|<end>)", re.S)


@dataclass(frozen=True)
class Replace:
    """In line `line` (from 1) the only occurrence of `old` becomes `new`; see `apply` for whole lines."""

    line: int
    old: str
    new: str

    def text(self):
        return f"<L{self.line}>{self.old}<rep>{self.new}"


@dataclass(frozen=True)
class Insert:
    """`lines` come before line `line`, which may be one past the last."""

    line: int
    lines: tuple

    def text(self):
        return f"<L{self.line}><ins>" + "\n".join(self.lines)


def tidy(lines, shared=None):
    """A window's lines as the prompt shows them: no trailing blanks, no common indentation.

    The repaired lines lose the indentation of the broken ones, which is then given as `shared`; None
    where one of them is not indented so far.
    """
    lines = [line.rstrip(BLANK) for line in lines]
    shared = indentation(lines) if shared is None else shared
    if any(line and not line.startswith(shared) for line in lines):
        return None
    return [line[len(shared) :] for line in lines]


def indentation(lines):
    """The longest run of spaces and tabs that begins every line which is not blank."""
    shared = None
    for line in lines:
        if not line.strip(BLANK):
            continue
        lead = line[: len(line) - len(line.lstrip(" \t"))]
        shared = lead if shared is None else common_start(shared, lead)
    return shared or ""


def common_start(a, b):
    end = 0
    while end < min(len(a), len(b)) and a[end] == b[end]:
        end += 1
    return a[:end]


def fit(costs, focus, budget, most=MAX_LINES):
    """The part `begin..end` of a window that fits: at most `most` lines, costs at most `budget`.

    Lines are left off one by one at the end that lies farther from `focus` (0-based), the last
    line at equal distance. The line of `focus` stays even when it alone is too long.
    """
    begin, end, total = 0, len(costs), sum(costs)
    while end - begin > 1 and (end - begin > most or total > budget):
        if end - 1 - focus >= focus - begin:
            end -= 1
            total -= costs[end]
        else:
            total -= costs[begin]
            begin += 1
    return begin, end


def message(text):
    """An error message as the prompt shows it: first line, blanks collapsed, at most 160 characters."""
    first = next((line for line in text.split("\n") if line.strip(BLANK)), "")
    short = " ".join(re.split(f"[{BLANK}]+", first.strip(BLANK)))[:MAX_MESSAGE].rstrip(" ")
    return "" if ANY_SPECIAL.search(short) else short


def prompt(language, err, at, lines):
    """The prompt of a tidy window, or None where the window cannot be shown."""
    if not lines or len(lines) > MAX_LINES or any(ANY_SPECIAL.search(line) for line in lines):
        return None
    marks = "".join(f"<L{k}>" for k in at[:MAX_AT])
    shown = "".join(f"<L{k}>{line}" for k, line in enumerate(lines, 1))
    return f"<bos><{language}><err>{message(err)}<at>{marks}<src>{shown}<fix>"


def target(before, after):
    """The canonical target that turns `before` into `after`, or None where there is none."""
    hunks = diff(before, after)
    if not hunks or any(ANY_SPECIAL.search(line) for line in after):
        return None
    return "".join(hunk.text() for hunk in hunks) + "<end>"


def diff(before, after):
    """Canonical hunks from one list of tidy lines to another, in order; None where not expressible."""
    head = 0
    while head < min(len(before), len(after)) and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < min(len(before), len(after)) - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    hunks = []
    for first, old, new in blocks(before[head : len(before) - tail], after[head : len(after) - tail], head + 1):
        made = hunks_of(first, old, new)
        if made is None:
            return None
        hunks += made
    return hunks


def blocks(before, after, number):
    """Runs of changed lines (first line's number, old lines, new lines) along a longest common subsequence."""
    rest = [[0] * (len(after) + 1) for _ in range(len(before) + 1)]
    for i in range(len(before) - 1, -1, -1):
        for j in range(len(after) - 1, -1, -1):
            same = before[i] == after[j]
            rest[i][j] = rest[i + 1][j + 1] + 1 if same else max(rest[i + 1][j], rest[i][j + 1])
    i = j = begin_i = begin_j = 0
    while i < len(before) or j < len(after):
        if i < len(before) and j < len(after) and before[i] == after[j]:
            if (i, j) != (begin_i, begin_j):
                yield number + begin_i, before[begin_i:i], after[begin_j:j]
            i, j = i + 1, j + 1
            begin_i, begin_j = i, j
        elif j == len(after) or (i < len(before) and rest[i + 1][j] >= rest[i][j + 1]):
            i += 1
        else:
            j += 1
    if (i, j) != (begin_i, begin_j):
        yield number + begin_i, before[begin_i:i], after[begin_j:j]


def hunks_of(first, old, new):
    """The hunks of one block: lines in pairs, the rest inserted, deleted or joined to the last pair."""
    if not old:
        return [Insert(first, tuple(new))]
    hunks = []
    pairs = min(len(old), len(new))
    for index in range(pairs):
        text = "\n".join(new[index:]) if index == pairs - 1 and len(new) > pairs else new[index]
        if not text:
            return None
        hunks.append(replacement(first + index, old[index], text))
    return hunks + [Replace(first + index, old[index], "") for index in range(pairs, len(old))]


def replacement(line, old, new):
    """The smallest replacement by whole pieces whose old text occurs once in the line."""
    before, after = PIECE.findall(old), PIECE.findall(new)
    head = 0
    while head < min(len(before), len(after)) and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < min(len(before), len(after)) - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    begin, end = head, len(before) - tail
    while not occurs_once(old, "".join(before[begin:end])):
        if begin > 0:
            begin -= 1
        elif end < len(before):
            end += 1
        else:
            break
    kept = len(after) - (len(before) - end)
    return Replace(line, "".join(before[begin:end]), "".join(after[begin:kept]))


def occurs_once(line, text):
    return bool(text) and line.find(text) == line.rfind(text) != -1


def parse(text):
    """The hunks of a target's text; raises ValueError where it is not well formed."""
    if not text.endswith("<end>") or text.count("<end>") != 1:
        raise ValueError("the target does not end in <end>")
    hunks, at = [], 0
    for found in HUNK.finditer(text):
        if found.start() != at:
            raise ValueError("text between hunks")
        at = found.end()
        line, body = int(found.group(1)), found.group(2)
        if body.startswith("<ins>"):
            hunks.append(Insert(line, tuple(body[5:].split("\n"))))
        elif body.count("<rep>") == 1:
            hunks.append(Replace(line, *body.split("<rep>")))
        else:
            raise ValueError("a hunk without <rep> or <ins>")
    if at != len(text) - 5 or not hunks:
        raise ValueError("no hunk, or text after the last")
    return hunks


def apply(lines, hunks):
    """The lines after all hunks; every line number is that of the unchanged window.

    A replacement whose old text is the whole line and whose new text is empty takes the line away.
    Raises ValueError where a hunk does not fit or two hunks of a kind name the same line.
    """
    out = [[line] for line in lines] + [[]]
    inserted = {}
    replaced = set()
    for hunk in hunks:
        inside = 1 <= hunk.line <= len(lines) + isinstance(hunk, Insert)
        if not inside or hunk.line in (inserted if isinstance(hunk, Insert) else replaced):
            raise ValueError(f"line {hunk.line} is out of range or named twice")
        if isinstance(hunk, Insert):
            inserted[hunk.line] = hunk.lines
            continue
        line = lines[hunk.line - 1]
        replaced.add(hunk.line)
        if hunk.old == line:
            out[hunk.line - 1] = hunk.new.split("\n") if hunk.new else []
        elif occurs_once(line, hunk.old):
            out[hunk.line - 1] = line.replace(hunk.old, hunk.new).split("\n")
        else:
            raise ValueError(f"the old text does not occur once in line {hunk.line}")
    result = []
    for number, part in enumerate(out, 1):
        result += [*inserted.get(number, ()), *part]
    return result
