"""Stage `tokenizer`: a byte-level BPE whose pieces are those of llama.cpp's `starcoder` pre-tokenizer.

Digits are split one by one, then the GPT-2 expression applies. Special tokens hold the first 128 ids.
"""

import gzip
import json
import random

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from . import format


def run(config, out):
    """Train on a seeded sample of the corpus' lines and write `tokenizer.json`."""
    blank = Tokenizer(models.BPE())
    blank.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    blank.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=config["vocabulary"],
        special_tokens=format.SPECIAL,
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        max_token_length=24,
    )
    blank.train_from_iterator(sample(config, out), trainer)
    blank.save(str(out / "tokenizer.json"))
    codec = Codec(out)
    text = "\n".join(sample({**config, "seed": config["seed"] + 1, "tokenizer_bytes": 2_000_000}, out))
    return {"vocabulary": len(codec), "bytes_per_token": round(len(text.encode()) / len(codec.encode(text)), 3)}


def sample(config, out):
    """Chunks of training files, shuffled, at most `tokenizer_bytes` characters of them."""
    records = [r for r in read(out / "corpus.deduped.jsonl.gz") if r["role"] == "train"]
    random.Random(config["seed"]).shuffle(records)
    total = 0
    for record in records:
        total += len(record["text"])
        if total > config["tokenizer_bytes"]:
            return
        yield "\n".join(line.strip() for line in record["text"].split("\n"))


def read(path):
    """Records of a gzip file of JSON lines."""
    with gzip.open(path, "rt") as source:
        for line in source:
            yield json.loads(line)


class Codec:
    """Text with special tokens to ids and back."""

    def __init__(self, out):
        self.inner = Tokenizer.from_file(str(out / "tokenizer.json"))
        self.special = {text: index for index, text in enumerate(format.SPECIAL)}
        assert all(self.inner.token_to_id(text) == index for text, index in self.special.items())
        self.cache = {}
        self.letters = {letter: byte for byte, letter in enumerate(byte_letters())}

    def __len__(self):
        return self.inner.get_vocab_size()

    def encode(self, text):
        """Ids of `text`, the spellings of special tokens taken for them."""
        ids, at = [], 0
        for found in format.ANY_SPECIAL.finditer(text):
            ids += self.plain(text[at : found.start()])
            ids.append(self.special[found.group()])
            at = found.end()
        return ids + self.plain(text[at:])

    def plain(self, text):
        """Ids of text without special tokens; lines repeat, so they are remembered."""
        if not text:
            return []
        known = self.cache.get(text)
        if known is None:
            known = self.inner.encode(text).ids
            if len(self.cache) > 300_000:
                self.cache.clear()
            self.cache[text] = known
        return known

    def bytes_of(self, token):
        """The bytes that an ordinary token stands for."""
        return bytes(self.letters[letter] for letter in self.inner.id_to_token(token))

    def merges(self):
        """The merges in order of rank, two token texts with a blank between."""
        found = json.loads(self.inner.to_str())["model"]["merges"]
        return [merge if isinstance(merge, str) else " ".join(merge) for merge in found]

    def decode(self, ids):
        """Text of `ids`, special tokens spelt out."""
        text, held = "", []
        for token in ids:
            if token < format.RESERVED:
                text += self.inner.decode(held) + format.SPECIAL[token]
                held = []
            else:
                held.append(token)
        return text + self.inner.decode(held)


def byte_letters():
    """GPT-2's printable stand-in for each of the 256 bytes."""
    keep = {*range(33, 127), *range(161, 173), *range(174, 256)}
    others = (chr(256 + rank) for rank in range(256))
    return [chr(byte) if byte in keep else next(others) for byte in range(256)]
