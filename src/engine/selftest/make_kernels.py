"""Makes the model of the self-test, and what it must compute.

    python3 make_kernels.py DIRECTORY     writes kernels.gguf and expected.json there

One layer, every weight type that models are usually kept in, and lengths that are multiples of 256,
so that K-quants and the repacked and tiled kernels of llama.cpp are used. The weights are random
blocks of each format; they are unpacked here after the formats' own description, and the model is
computed in double precision with nothing but Python: what comes out shares no code with llama.cpp.

Formats of blocks: ggml-common.h and the reference `dequantize_row_*` of ggml-quants.c.
"""

import json
import math
import struct
import sys
from operator import mul
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tests/fixtures/models"))
from make_tiny import (  # noqa: E402
    ARR,
    BOOL,
    CONTROL,
    F32,
    I32,
    NORMAL,
    STR,
    TYPE_F16,
    TYPE_F32,
    U32,
    Generator,
    encode,
)

TYPE_Q4_0, TYPE_Q8_0, TYPE_Q4_K, TYPE_Q6_K = 2, 8, 12, 14

WIDTH, HIDDEN, HEADS, HEAD = 256, 256, 4, 32
EPSILON, BASE = 1e-5, 10000.0

# Each printable character of ASCII but the last, space and line break, as GPT-2 spells them.
LETTERS = [chr(code) for code in range(33, 126)] + ["Ġ", "Ċ"]
TOKENS = [*LETTERS, "<|endoftext|>"]

# More than 32 rows at once, which is what a tile holds, and no multiple of one.
PROMPT = "the quick brown fox jumps over the lazy dog 0123456789"
FIRST = "k"
LONG = "for (i = 0; i < n; i++) {"


class Weights:
    """Random blocks of each format, and their values."""

    def __init__(self, seed):
        self.generator = Generator(seed)

    def integer(self, low, high):
        return low + int((self.generator.unit() + 0.5) * (high - low + 1))

    def bytes(self, count):
        return bytes(self.integer(0, 255) for _ in range(count))

    def half(self, typical):
        """A half-precision number within a factor of two of `typical`."""
        data = struct.pack("<e", typical * (0.75 + 0.5 * (self.generator.unit() + 0.5)))
        return data, struct.unpack("<e", data)[0]

    def plain(self, code):
        def row(length, spread):
            wide = [self.generator.unit() * spread * math.sqrt(12) for _ in range(length)]
            data = struct.pack(f"<{length}{code}", *wide)
            return data, list(struct.unpack(f"<{length}{code}", data))

        return row

    def blocks(self, size, block):
        def row(length, spread):
            data, values = b"", []
            for _ in range(length // size):
                more, numbers = block(spread)
                data += more
                values += numbers
            return data, values

        return row

    def q4_0(self, spread):
        data, d = self.half(spread / 4.6)
        packed = self.bytes(16)
        low, high = [q & 15 for q in packed], [q >> 4 for q in packed]
        return data + packed, [d * (q - 8) for q in low + high]

    def q8_0(self, spread):
        data, d = self.half(spread / 74)
        packed = self.bytes(32)
        return data + packed, [d * q for q in struct.unpack("<32b", packed)]

    def q4_k(self, spread):
        (data, d), (more, least) = self.half(spread / 4.6 / 40), self.half(spread / 4.6 / 40 * 7.5)
        # Scales near 40, and lows near the same: the values lie around zero.
        scales = [self.integer(20, 63) for _ in range(8)]
        lows = [self.integer(scale - 4, min(63, scale + 4)) for scale in scales]
        six = [scales[j] | scales[j + 4] >> 4 << 6 for j in range(4)]
        six += [lows[j] | lows[j + 4] >> 4 << 6 for j in range(4)]
        six += [scales[j + 4] & 15 | (lows[j + 4] & 15) << 4 for j in range(4)]
        packed, values = self.bytes(128), []
        for part in range(8):
            bytes_ = packed[part // 2 * 32 : part // 2 * 32 + 32]
            nibbles = [q & 15 if part % 2 == 0 else q >> 4 for q in bytes_]
            values += [d * scales[part] * q - least * lows[part] for q in nibbles]
        return data + more + bytes(six) + packed, values

    def q6_k(self, spread):
        data, d = self.half(spread / 18.5 / 80)
        low, high = self.bytes(128), self.bytes(64)
        scales = [self.integer(40, 120) * (1 if self.integer(0, 1) else -1) for _ in range(16)]
        values = [0.0] * 256
        for at in range(256):
            half, quarter, lane = at // 128, at % 128 // 32, at % 32
            four = low[half * 64 + quarter % 2 * 32 + lane] >> (quarter // 2 * 4) & 15
            two = high[half * 32 + lane] >> (quarter * 2) & 3
            values[at] = d * scales[at // 16] * ((four | two << 4) - 32)
        return low + high + struct.pack("<16b", *scales) + data, values

    def matrix(self, kind, rows, length, spread):
        """Data, and rows of values whose standard deviation is about `spread`."""
        make = {
            TYPE_F32: self.plain("f"),
            TYPE_F16: self.plain("e"),
            TYPE_Q4_0: self.blocks(32, self.q4_0),
            TYPE_Q8_0: self.blocks(32, self.q8_0),
            TYPE_Q4_K: self.blocks(256, self.q4_k),
            TYPE_Q6_K: self.blocks(256, self.q6_k),
        }[kind]
        made = [make(length, spread) for _ in range(rows)]
        return b"".join(data for data, _ in made), [values for _, values in made]


def tensors():
    """Name, shape, type, data of each tensor; and name, rows."""
    weights, files, values = Weights(7), [], {}

    def add(name, kind, rows, length, spread):
        data, made = weights.matrix(kind, rows, length, spread)
        files.append((name + ".weight", [length, rows], kind, data))
        values[name] = made

    def ones(name):
        row = [1.0 + weights.generator.unit() * 0.2 for _ in range(WIDTH)]
        data = struct.pack(f"<{WIDTH}f", *row)
        files.append((name + ".weight", [WIDTH], TYPE_F32, data))
        values[name] = list(struct.unpack(f"<{WIDTH}f", data))

    heads = HEADS * HEAD
    add("token_embd", TYPE_Q8_0, len(TOKENS), WIDTH, 1.0)
    ones("blk.0.attn_norm")
    add("blk.0.attn_q", TYPE_Q8_0, heads, WIDTH, 1.5 / 16)
    add("blk.0.attn_k", TYPE_F16, HEAD, WIDTH, 1.5 / 16)
    add("blk.0.attn_v", TYPE_F32, HEAD, WIDTH, 2.0 / 16)
    add("blk.0.attn_output", TYPE_Q4_0, WIDTH, heads, 2.0 / 11)
    ones("blk.0.ffn_norm")
    add("blk.0.ffn_gate", TYPE_Q4_0, HIDDEN, WIDTH, 1.5 / 16)
    add("blk.0.ffn_up", TYPE_Q4_K, HIDDEN, WIDTH, 1.5 / 16)
    add("blk.0.ffn_down", TYPE_Q6_K, WIDTH, HIDDEN, 2.0 / 16)
    ones("output_norm")
    add("output", TYPE_Q6_K, len(TOKENS), WIDTH, 2.0 / 16)
    return files, values


def metadata():
    end = len(TOKENS) - 1
    return {
        "general.architecture": (STR, "llama"),
        "general.name": (STR, "self-test"),
        "llama.block_count": (U32, 1),
        "llama.context_length": (U32, 512),
        "llama.embedding_length": (U32, WIDTH),
        "llama.feed_forward_length": (U32, HIDDEN),
        "llama.attention.head_count": (U32, HEADS),
        "llama.attention.head_count_kv": (U32, 1),
        "llama.attention.key_length": (U32, HEAD),
        "llama.attention.value_length": (U32, HEAD),
        "llama.attention.layer_norm_rms_epsilon": (F32, EPSILON),
        "llama.rope.freq_base": (F32, BASE),
        "llama.rope.dimension_count": (U32, HEAD),
        "tokenizer.ggml.model": (STR, "gpt2"),
        "tokenizer.ggml.pre": (STR, "starcoder"),
        "tokenizer.ggml.tokens": ((ARR, STR), TOKENS),
        "tokenizer.ggml.token_type": ((ARR, I32), [NORMAL] * end + [CONTROL]),
        "tokenizer.ggml.merges": ((ARR, STR), []),
        "tokenizer.ggml.bos_token_id": (U32, end),
        "tokenizer.ggml.eos_token_id": (U32, end),
        "tokenizer.ggml.add_bos_token": (BOOL, 0),
    }


def dot(left, right):
    return sum(map(mul, left, right))


def product(rows, vector):
    return [dot(row, vector) for row in rows]


def normed(vector, scale):
    root = math.sqrt(dot(vector, vector) / len(vector) + EPSILON)
    return [value / root * factor for value, factor in zip(vector, scale)]


def turned(vector, position):
    """Rotary embedding of neighbouring pairs."""
    out = []
    for pair in range(HEAD // 2):
        angle = position * BASE ** (-2 * pair / HEAD)
        cos, sin = math.cos(angle), math.sin(angle)
        a, b = vector[2 * pair], vector[2 * pair + 1]
        out += [a * cos - b * sin, a * sin + b * cos]
    return out


def compute(values, tokens):
    """Log-probabilities of each token after each prefix of `tokens`."""
    keys, rows, out = [], [], []
    for position, token in enumerate(tokens):
        stream = values["token_embd"][token]
        inside = normed(stream, values["blk.0.attn_norm"])
        query = product(values["blk.0.attn_q"], inside)
        keys.append(turned(product(values["blk.0.attn_k"], inside), position))
        rows.append(product(values["blk.0.attn_v"], inside))
        seen = []
        for head in range(HEADS):
            asked = turned(query[head * HEAD : (head + 1) * HEAD], position)
            likeness = [dot(asked, key) / math.sqrt(HEAD) for key in keys]
            most = max(likeness)
            shares = [math.exp(value - most) for value in likeness]
            total = sum(shares)
            seen += [dot(shares, column) / total for column in zip(*rows)]
        added = product(values["blk.0.attn_output"], seen)
        stream = [a + b for a, b in zip(stream, added)]
        inside = normed(stream, values["blk.0.ffn_norm"])
        gate = [g / (1 + math.exp(-g)) for g in product(values["blk.0.ffn_gate"], inside)]
        hidden = list(map(mul, gate, product(values["blk.0.ffn_up"], inside)))
        stream = [a + b for a, b in zip(stream, product(values["blk.0.ffn_down"], hidden))]
        logits = product(values["output"], normed(stream, values["output_norm"]))
        most = max(logits)
        normaliser = most + math.log(sum(math.exp(value - most) for value in logits))
        out.append([value - normaliser for value in logits])
    return out


def ids(text):
    spelled = text.replace(" ", "Ġ").replace("\n", "Ċ")
    return [TOKENS.index(letter) for letter in spelled]


def expected(values):
    prompt, first, long = ids(PROMPT), ids(FIRST), ids(LONG)
    after = compute(values, prompt + first)
    rows = compute(values, prompt + long)[len(prompt) - 1 :]
    count = len(LETTERS)
    return {
        "prompt": PROMPT,
        "letters": "".join(LETTERS).replace("Ġ", " ").replace("Ċ", "\n"),
        # Of each letter: computed with many rows at once, and with one.
        "after_prompt": [round(value, 4) for value in after[-2][:count]],
        "first": FIRST,
        "after_first": [round(value, 4) for value in after[-1][:count]],
        # The sum over a continuation: computed with some rows at once.
        "long": LONG,
        "sum": round(sum(row[token] for row, token in zip(rows, long)), 4),
    }


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    files, values = tensors()
    (target / "kernels.gguf").write_bytes(encode(metadata(), files))
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in expected(values).items()]
    (target / "expected.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
