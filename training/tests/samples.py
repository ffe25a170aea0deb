"""Own source text that bugs are put into by the tests; between them every class finds a place."""

PYTHON = '''
import os
import re
from collections import OrderedDict, deque

LIMITS = {"low": 1, "high": 10}
NAMES = ("alpha", "beta", "gamma")
DEFAULT = os.environ.get("LEVEL", "low")
PATTERN = re.compile(r"[a-z]+")
queue = deque()


class Shelf(OrderedDict):
    """Things in order."""

    def __init__(self, title, size=10, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.title = title.strip().lower()
        self.size = size
        self.count = 0
        self.names = list(NAMES)
        self.marks = dict(LIMITS)

    @property
    def is_full(self):
        return self.count >= self.size and not self.title.startswith("open")

    @staticmethod
    def parse(line, separator=None):
        parts = line.split(separator or ",")
        if len(parts) != 2:
            raise ValueError("bad line: %s has %d parts" % (line, len(parts)))
        key, value = parts[0], parts[1:]
        first = parts[0][1:-1]
        return key, int(value[0]), first

    def store(self, key, item, mode="keep", force=False):
        from itertools import chain
        if item is None:
            return None
        if key in self and not force:
            raise KeyError(f"taken: {key}")
        old = self.get(key)
        self[key] = item if mode == "keep" else str(item)
        self.count += 1
        total = (self.count + self.size) * 2
        label = self.title or "none"
        for index in range(1, len(self.names) - 1):
            if self.names[index - 1] == key:
                continue
            if index > 3:
                break
            total = total + index
        else:
            total = 0
        while total > 100:
            total -= 10
        if old:
            self.forget(old)
        elif label:
            self.note(label, total, key=key, force=force)
        try:
            total = max(total, abs(self.marks["high"]))
        except KeyError:
            total = 0
        if isinstance(item, list):
            total += len(item)
        else:
            total += 1
        result = [name.upper() for name in sorted(self.names) if name is not None]
        pairs = {a: b for a, b in self.items()}
        return chain(result, pairs.keys(), [total])

    def forget(self, old):
        copied = self.names.copy()
        other = self.marks.get("low", 0)
        text = "total: {}".format(other)
        self.note(text, *copied)
        return copied

    def note(self, text, *rest, **options):
        with open(self.title) as source:
            data = source.read()
        print(text, rest, options, data)

    def walk(self):
        for key in self:
            if key:
                yield key

    async def send(self, session, target):
        answer = await session.post(target, data=self.marks["low"])
        return answer.status == 200 or answer.ok
'''

RUST = """
impl Shelf {
    pub fn store(&mut self, key: &str, item: Item) -> Option<usize> {
        if key.is_empty() || self.count >= self.size {
            return None;
        }
        let mut total = self.count + 1;
        for index in 0..self.names.len() {
            if self.names[index] == key {
                total += index * 2;
            }
        }
        self.items.push(item);
        self.note(key, total);
        self.say("stored");
        Some(total)
    }
}
"""

JAVASCRIPT = """
function store(shelf, key, item) {
  if (shelf.count >= shelf.size && !shelf.open) {
    throw new Error("full");
  }
  const names = shelf.names.filter((name) => name !== key);
  let total = names.length + 1;
  shelf.items.push(item);
  shelf.note(key, total);
  return await shelf.send(total);
}
"""
