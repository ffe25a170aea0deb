"""Greedy and beam search over targets, held to what can be applied to the window.

The old text of a hunk must stay a part of its line, line numbers must exist and rise. Rust does the same
with a mask over the vocabulary; here the few best tokens of each beam are tried one by one.
"""

import torch

from . import format

WIDEST = 64


class Rules:
    """Which tokens may follow, for one window."""

    def __init__(self, codec, lines):
        self.codec = codec
        self.lines = [line.encode() for line in lines]
        self.first = codec.special["<L1>"]
        self.rep, self.ins, self.end = (codec.special[name] for name in ("<rep>", "<ins>", "<end>"))

    def allows(self, ids, token):
        """Whether `token` may follow the target's beginning `ids`."""
        state, line, old = self.state(ids)
        number = token - self.first + 1
        is_line = 0 <= token - self.first < format.MAX_LINES
        if state == "begin":
            return is_line and number <= len(self.lines) + 1
        if state == "line":
            if token == self.ins:
                return True
            return line <= len(self.lines) and self.continues(line, b"", token)
        if state == "old":
            return self.continues(line, old, token)
        if is_line:
            return line < number <= len(self.lines) + 1 and bool(ids)
        return token == self.end or token >= format.RESERVED

    def continues(self, line, old, token):
        """Whether the old text may go on, or end, with `token`."""
        whole = self.lines[line - 1]
        if token == self.rep:
            return old == whole or (bool(old) and whole.find(old) == whole.rfind(old) != -1)
        return token >= format.RESERVED and old + self.codec.bytes_of(token) in whole

    def state(self, ids):
        """Where in a hunk `ids` ends: (state, line, old text so far)."""
        state, line, old = "begin", 0, b""
        for token in ids:
            if 0 <= token - self.first < format.MAX_LINES:
                state, line, old = "line", token - self.first + 1, b""
            elif token in (self.rep, self.ins):
                state = "new"
            elif state in ("line", "old"):
                state, old = "old", old + self.codec.bytes_of(token)
        return state, line, old


@torch.no_grad()
def greedy(model, prompt, count, stop=()):
    """The `count` most likely tokens one by one, ending after one of `stop`."""
    logits, cache = model.step(torch.tensor([prompt]))
    out = []
    for _ in range(count):
        token = int(logits[0].argmax())
        out.append(token)
        if token in stop:
            break
        logits, cache = model.step(torch.tensor([[token]]), cache)
    return out


@torch.no_grad()
def beams(model, codec, prompt, lines, width, longest=WIDEST):
    """Up to `width` complete targets with their log probabilities, best first, and the first token's logits."""
    rules = Rules(codec, lines)
    logits, cache = model.step(torch.tensor([prompt]))
    first = logits[0]
    live, done = [((), 0.0)], []
    for _ in range(longest):
        scores = torch.log_softmax(logits.float(), -1)
        best = torch.topk(scores, min(width + 8, scores.shape[1]), -1)
        options = []
        for row, (_, total) in enumerate(live):
            for token, score in zip(best.indices[row].tolist(), best.values[row].tolist()):
                options.append((total + score, row, token))
        options.sort(reverse=True)
        chosen = []
        for total, row, token in options:
            if len(chosen) + len(done) >= width * 2 or len(chosen) >= width:
                break
            ids = live[row][0]
            if not rules.allows(ids, token):
                continue
            if token == rules.end:
                done.append((total, [*ids, token]))
            else:
                chosen.append((total, row, token))
        done.sort(reverse=True)
        if not chosen or (len(done) >= width and done[width - 1][0] > chosen[0][0]):
            break
        live = [((*live[row][0], token), total) for total, row, token in chosen]
        rows = torch.tensor([row for _, row, _ in chosen])
        cache = [(k[rows], v[rows]) for k, v in cache]
        logits, cache = model.step(torch.tensor([[token] for _, _, token in chosen]), cache)
    return [(ids, total) for total, ids in done[:width]], first
