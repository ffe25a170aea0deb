"""Batches from shards: examples of like length together, padded to a multiple of 32 tokens."""

import queue
import random
import threading
import time

import numpy as np
import torch

from . import examples, format

PAD_TO = 32


class Stream:
    """An endless, resumable sequence of batches. `position` says how many shards this trainer began.

    The trainers of one run take turns at the shards; `rank` is this one's place among them.
    """

    def __init__(self, config, place, position=0, rank=0):
        self.config = config
        self.rank = rank
        self.place = place
        self.mixed = {
            name: examples.load(place / f"{name}.npz")
            for name, *_ in config["mixed"]
            if (place / f"{name}.npz").exists()
        }
        self.position = position
        self.waiting = []

    def next(self, progress):
        """The next batch: (tokens, weights), int64 and float32 of shape (rows, length)."""
        if not self.waiting:
            self.waiting = self.open(progress)
        return self.waiting.pop()

    def open(self, progress):
        """The batches of one more shard, in a seeded random order."""
        number = self.position * self.config["trainers"] + self.rank
        rng = random.Random(f"{self.config['seed']}/{number}")
        pool = examples.load(self.shard(number, rng))
        self.position += 1
        longest = self.longest(progress)
        pool = [pair for pair in pool if len(pair[0]) <= longest]
        for name, begin, share in self.config["mixed"]:
            if progress >= begin and self.mixed.get(name):
                more = rng.choices(self.mixed[name], k=int(len(pool) * share))
                pool += [pair for pair in more if len(pair[0]) <= longest]
        pool.sort(key=lambda pair: len(pair[0]) + rng.random() * 16)
        batches, at = [], 0
        while at < len(pool):
            end = at + 1
            while end < len(pool) and padded(len(pool[end][0])) * (end + 1 - at) <= self.config["batch_tokens"]:
                end += 1
            batches.append(pool[at:end])
            at = end
        rng.shuffle(batches)
        return [self.tensors(batch, rng.randrange(1 << 30)) for batch in batches]

    def shard(self, number, rng):
        """The shard of that number; where there is none, an earlier one: in turn, or any while more are made."""
        path = self.place / f"train-{number:05}.npz"
        while not path.exists():
            paths = sorted(self.place.glob("train-?????.npz"))
            if paths:
                path = rng.choice(paths) if self.config["live_passes"] else paths[number % len(paths)]
            else:
                time.sleep(1)
        return path

    def longest(self, progress):
        """The length curriculum, in tokens."""
        context = self.config["context"]
        return next((limit for until, limit in self.config["curriculum"] if progress < until), context)

    def tensors(self, batch, seed):
        """Pad a batch; of the source tokens only a share is learnt, at a low weight."""
        length = padded(max(len(tokens) for tokens, _ in batch))
        tokens = np.full((len(batch), length), format.SPECIAL.index("<pad>"), np.int64)
        weights = np.zeros((len(batch), length), np.float32)
        drawn = np.random.default_rng(seed).random((len(batch), length)) < self.config["source_share"]
        for row, (ids, roles) in enumerate(batch):
            tokens[row, : len(ids)] = ids
            weights[row, : len(ids)] = np.where(roles == examples.WANTED, 1.0, 0.0)
            weights[row, : len(ids)] += (
                (roles == examples.SOURCE) * drawn[row, : len(ids)] * self.config["source_weight"]
            )
        return torch.from_numpy(tokens), torch.from_numpy(weights)


class Ahead:
    """A stream whose batches are made by a thread, `count` of them in advance, for a trainer that is fast."""

    def __init__(self, stream, count):
        self.stream = stream
        self.rank = stream.rank
        self.progress = 0.0
        self.batches = queue.Queue(count)
        threading.Thread(target=self.fill, daemon=True).start()

    @property
    def position(self):
        return self.stream.position

    def fill(self):
        while True:
            self.batches.put(self.stream.next(self.progress))

    def next(self, progress):
        self.progress = progress
        return self.batches.get()


def padded(length):
    return -(-length // PAD_TO) * PAD_TO
