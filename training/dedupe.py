"""Stage `dedupe`: drops files that say what earlier files said already.

A file's shingles are hashes of five consecutive normalised lines, of which every fourth is kept. Test
packages come first, so what resembles them is dropped from the training text. Single functions are compared
later, where files are taken apart (`examples.py`): with those of the test packages, and within a shard.
"""

import gzip
import hashlib
import json
import re
from collections import Counter

from . import bpe

SHINGLE_LINES = 5
KEEP_EVERY = 4
# A file is a near duplicate when this share of its shingles is known.
NEAR = 0.6


def run(config, out):
    """Write `corpus.deduped.jsonl.gz`; returns the figures of the stage."""
    records = sorted(bpe.read(out / "corpus.jsonl.gz"), key=lambda record: record["role"] != "test")
    exact, shingles_seen, figures = set(), set(), Counter()
    with gzip.open(out / "corpus.deduped.jsonl.gz", "wt", compresslevel=4) as sink:
        for record in records:
            digest = fingerprint(record["text"])
            found = shingles(record["text"])
            if digest in exact:
                figures["exact duplicates"] += 1
            elif found and len(found & shingles_seen) > NEAR * len(found):
                figures["near duplicates"] += 1
            else:
                exact.add(digest)
                shingles_seen |= found
                sink.write(json.dumps(record) + "\n")
                figures[f"{record['role']} files"] += 1
                figures[f"{record['role']} characters {record['language']}"] += len(record["text"])
    return dict(figures)


def fingerprint(text):
    """A digest of the text without blanks: equal for code that differs in layout only."""
    return hashlib.blake2b(re.sub(r"\s+", "", text).encode(), digest_size=8).digest()


def shingles(text):
    """Sampled hashes of consecutive lines."""
    lines = [re.sub(r"\s+", "", line) for line in text.split("\n")]
    lines = [line for line in lines if len(line) > 3]
    found = set()
    for at in range(len(lines) - SHINGLE_LINES + 1):
        joined = "\n".join(lines[at : at + SHINGLE_LINES])
        value = int.from_bytes(hashlib.blake2b(joined.encode(), digest_size=8).digest(), "big")
        if value % KEEP_EVERY == 0:
            found.add(value)
    return found
