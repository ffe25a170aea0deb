'''Numbers, text and grids: loops, slices, comprehensions.'''
import math
from itertools import chain as flatten


def mean(values):
    if not values:
        return 0.0
    return sum(values) / len(values)


def window(values, size, step=1):
    out = []
    for start in range(0, len(values) - size + 1, step):
        out.append(values[start:start + size])
    return out


def grid(rows, cols, fill=0):
    cells = [[fill] * cols for _ in range(rows)]
    cells[0][cols - 1] = -fill
    return cells


def transpose(matrix):
    return [[row[i] for row in matrix] for i in range(len(matrix[0]))]


def middle(values):
    ordered = sorted(values)
    half = len(ordered) // 2
    if len(ordered) % 2 == 1:
        return ordered[half]
    return (ordered[half - 1] + ordered[half]) / 2


def locate(ordered, wanted):
    lo, hi = 0, len(ordered)
    while lo < hi:
        mid = (lo + hi) // 2
        if ordered[mid] < wanted:
            lo = mid + 1
        else:
            hi = mid
    return lo if lo < len(ordered) and ordered[lo] == wanted else -1


def words(text, *, stop=("a", "the")):
    seen = set()
    result = {}
    for word in regexless(text):
        if word in stop or word in seen: continue
        seen.add(word)
        result[word] = result.get(word, 0) + 1
    return {k: v for k, v in result.items() if v > 1 and not k.startswith("_")}


def regexless(text):
    for line in text.split("\n"):
        for word in line.split(" "):
            word = word.strip(".,!?").lower()
            if word:
                yield word
    yield from ()


def digits(n, base=10):
    assert base > 1, "base"
    if n < 0:
        return [-1] + digits(-n, base)
    if n < base:
        return [n]
    rest, last = divmod(n, base)
    return digits(rest, base) + [last]


def bits(flags, mask=0xFF):
    return (flags & mask) << 2 | flags >> 1 ^ ~mask


def distance(a, b):
    dx, dy = a[0] - b[0], a[1] - b[1]
    return math.sqrt(dx ** 2 + dy * dy)


def describe(value, width=10):
    match value:
        case [first, *_]:
            return "list of %d" % len(value) + str(first)
        case {"name": name}:
            return name.ljust(width)
        case None | 0:
            return ''
        case _:
            return "{:>{}}".format(value, width)


def merged(*parts, sep=", "):
    return sep.join(str(p) for p in flatten(*parts) if p is not None)


class Point:
    def __init__(self, x, y): self.x = x; self.y = y

    def __eq__(self, other):
        return (self.x, self.y) == (other.x, other.y)

    def moved(self, dx=0, dy=0):
        return Point(self.x + dx, self.y + dy)


if __name__ == "__main__":
    print(mean([1, 2, 3]), window("abcdef", 3)[-1], sep="\t")
    try:
        print(digits(-255, base=16))
    except:
        raise
    del LIMITS[:]
