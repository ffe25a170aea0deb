#!/usr/bin/env python3
"""Write models with random weights in the real shapes of Qwen2.5-Coder, to measure speed with.

    make_model.py DIRECTORY SIZE-TYPE ...        for example  0.5B-Q4_0 0.5B-Q8_0 1.5B-Q4_0

SIZE is 0.5B, 1.5B or 7B, TYPE is Q4_0, Q8_0 or Q4_K_M. Such a model takes as long and as much memory as the
real one and writes nonsense. Blocks of random bytes are written as they stand in the file, under scales that
keep activations near 1 and logits a few apart; no weight is ever a float here, so that the largest takes a
minute and a few hundred MB. The vocabulary has the real size: merges learned from Python's standard library and
slm's own sources, so that code takes about as many tokens as with the real one, and merges of two such
tokens for the rest. The same Python and seed give the same file. Needs numpy.
"""

import argparse
import heapq
import re
import sys
import sysconfig
import zlib
from collections import Counter, defaultdict
from pathlib import Path

import numpy

ROOT = Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tests/fixtures/models"))
import make_tiny as gguf  # noqa: E402

# Layers, width, heads, heads of keys and values, hidden width, tokens, output apart from the embedding:
# config.json of Qwen/Qwen2.5-Coder-*.
SHAPES = {
    "0.5B": (24, 896, 14, 2, 4864, 151936, False),
    "1.5B": (28, 1536, 12, 2, 8960, 151936, False),
    "7B": (28, 3584, 28, 4, 18944, 152064, True),
}
# ggml's number of the type, weights and bytes of a block, where the half-precision scales stand in it, and the
# standard deviation of a weight of a block of uniformly random bytes whose scale is 1. ggml-common.h.
BLOCKS = {
    "Q4_0": (2, 32, 18, [0], 4.61),
    "Q8_0": (8, 32, 34, [0], 73.9),
    "Q4_K": (12, 256, 144, [0, 2], 258.3),
    "Q6_K": (14, 256, 210, [208], 1366.0),
}
# In Q4_K the second scale, of what is subtracted, this many times the first keeps the mean at 0.
SUBTRACTED = 7.5

LEARNED = 12_000
CORPUS_BYTES = 4_000_000
LONGEST_TOKEN = 16
UNUSED = 5
SPECIAL = {
    "<|endoftext|>": 0,
    "<|im_start|>": 1,
    "<|im_end|>": 2,
    "<|fim_prefix|>": 16,
    "<|fim_middle|>": 17,
    "<|fim_suffix|>": 18,
    "<|fim_pad|>": 19,
    "<|repo_name|>": 20,
    "<|file_sep|>": 21,
}
# How Qwen2 splits a text before merging; `[^\W\d_]` is a letter.
WORD = re.compile(
    r"'(?:[sdmtSDMT]|ll|ve|re)|(?:_|[^\w\r\n])?[^\W\d_]+|\d| ?(?:_|[^\w\s])+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("models", nargs="+", metavar="SIZE-TYPE")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    wanted = [name.split("-", 1) for name in options.models]
    for size, kind in wanted:
        if size not in SHAPES or kind not in ("Q4_0", "Q8_0", "Q4_K_M"):
            parser.error(f"{size}-{kind}: sizes are {', '.join(SHAPES)}, types Q4_0, Q8_0 and Q4_K_M")
        if kind == "Q4_K_M" and SHAPES[size][1] % 256:
            parser.error(f"rows of {size} are not whole blocks of Q4_K")
    options.directory.mkdir(parents=True, exist_ok=True)
    merges = learn(corpus(), LEARNED)
    for size, kind in wanted:
        path = options.directory / f"random-{size}-{kind}.gguf"
        write(path, size, kind, merges, options.seed)
        print(f"{path}: {path.stat().st_size / 1e6:.0f} MB", flush=True)


def corpus():
    """Source text that is on every machine that runs this."""
    out = []
    for root, pattern in [(Path(sysconfig.get_paths()["stdlib"]), "*.py"), (ROOT / "src", "**/*.rs")]:
        size = 0
        for path in sorted(root.glob(pattern)):
            text = path.read_text(errors="ignore")
            out.append(text)
            size += len(text)
            if size > CORPUS_BYTES:
                break
    return "\n".join(out)


def learn(text, count):
    """The `count` merges that byte-pair encoding makes of a text, most frequent first."""
    letters = gguf.byte_letters()
    words = Counter(WORD.findall(text))
    symbols = [[letters[byte] for byte in word.encode()] for word in words]
    times = list(words.values())
    counts, where = Counter(), defaultdict(set)
    for index, word in enumerate(symbols):
        for pair in zip(word, word[1:]):
            counts[pair] += times[index]
            where[pair].add(index)
    heap = [(-times, pair) for pair, times in counts.items()]
    heapq.heapify(heap)
    merges = []
    while heap and len(merges) < count:
        times_then, pair = heapq.heappop(heap)
        if counts[pair] != -times_then:
            # Its count has changed since it was pushed; the newer entry is in the heap as well.
            continue
        merges.append(pair)
        changed = set()
        for index in where.pop(pair):
            word, new = symbols[index], []
            for old in zip(word, word[1:]):
                counts[old] -= times[index]
                changed.add(old)
            at = 0
            while at < len(word):
                if tuple(word[at : at + 2]) == pair:
                    new.append(pair[0] + pair[1])
                    at += 2
                else:
                    new.append(word[at])
                    at += 1
            symbols[index] = new
            for made in zip(new, new[1:]):
                counts[made] += times[index]
                where[made].add(index)
                changed.add(made)
        for old in changed:
            if counts[old] > 0:
                heapq.heappush(heap, (-counts[old], old))
    return merges


def vocabulary(merges, count, seed):
    """Tokens, their types and all merges, for a vocabulary of `count` as Qwen2 lays it out."""
    tokens = list(gguf.byte_letters().values())
    known = set(tokens)
    all_merges = []

    def add(pair):
        joined = pair[0] + pair[1]
        if joined not in known and len(joined) <= LONGEST_TOKEN:
            known.add(joined)
            tokens.append(joined)
            all_merges.append(pair)

    for pair in merges:
        add(pair)
    # The rest are two learned tokens each, of which the second begins no word.
    inner = [token for token in tokens[256:] if token.isalpha() and "Ġ" not in token]
    outer = [token for token in tokens[256:] if token.removeprefix("Ġ").isalpha()]
    normal = 151643
    generator = numpy.random.default_rng([seed, 7])
    while len(tokens) < normal:
        firsts = generator.integers(len(outer), size=4096)
        seconds = generator.integers(len(inner), size=4096)
        for first, second in zip(firsts, seconds):
            if len(tokens) < normal:
                add((outer[first], inner[second]))
    types = [gguf.NORMAL] * normal
    at = {normal + offset: text for text, offset in SPECIAL.items()}
    for ident in range(normal, count):
        tokens.append(at.get(ident, f"[PAD{ident}]"))
        types.append(gguf.CONTROL if ident in at else UNUSED)
    return tokens, types, [" ".join(pair) for pair in all_merges]


def metadata(size, kind, merges, seed):
    layers, width, heads, kv, hidden, count, _ = SHAPES[size]
    tokens, types, all_merges = vocabulary(merges, count, seed)
    ident = {text: 151643 + offset for text, offset in SPECIAL.items()}
    u32, f32, strings = gguf.U32, gguf.F32, (gguf.ARR, gguf.STR)
    return {
        "general.architecture": (gguf.STR, "qwen2"),
        "general.name": (gguf.STR, f"random weights, Qwen2.5-Coder {size} {kind}"),
        "qwen2.block_count": (u32, layers),
        "qwen2.context_length": (u32, 32768),
        "qwen2.embedding_length": (u32, width),
        "qwen2.feed_forward_length": (u32, hidden),
        "qwen2.attention.head_count": (u32, heads),
        "qwen2.attention.head_count_kv": (u32, kv),
        "qwen2.attention.layer_norm_rms_epsilon": (f32, 1e-6),
        "qwen2.rope.freq_base": (f32, 1_000_000.0),
        "tokenizer.ggml.model": (gguf.STR, "gpt2"),
        "tokenizer.ggml.pre": (gguf.STR, "qwen2"),
        "tokenizer.ggml.tokens": (strings, tokens),
        "tokenizer.ggml.token_type": ((gguf.ARR, gguf.I32), types),
        "tokenizer.ggml.merges": (strings, all_merges),
        "tokenizer.ggml.bos_token_id": (u32, ident["<|endoftext|>"]),
        "tokenizer.ggml.eos_token_id": (u32, ident["<|im_end|>"]),
        "tokenizer.ggml.padding_token_id": (u32, ident["<|endoftext|>"]),
        "tokenizer.ggml.fim_pre_token_id": (u32, ident["<|fim_prefix|>"]),
        "tokenizer.ggml.fim_suf_token_id": (u32, ident["<|fim_suffix|>"]),
        "tokenizer.ggml.fim_mid_token_id": (u32, ident["<|fim_middle|>"]),
        "tokenizer.ggml.add_bos_token": (gguf.BOOL, 0),
        "tokenizer.chat_template": (gguf.STR, gguf.CHATML),
    }


def tensors(size, kind):
    """Name, row length, rows, type, standard deviation of a weight; in the order of the file."""
    layers, width, heads, kv, hidden, count, apart = SHAPES[size]
    narrow = width // heads * kv
    plain = {"Q4_0": "Q4_0", "Q8_0": "Q8_0", "Q4_K_M": "Q4_K"}[kind]
    # As llama-quantize chooses: more bits for the output, and in the mixture for some layers of two kinds.
    output = "Q6_K" if plain != "Q8_0" and width % 256 == 0 else "Q8_0"
    unit = width**-0.5
    # Logits of standard deviation 2.5, and an input that is small beside what the layers add: else the
    # model repeats the token before.
    yield "token_embd.weight", width, count, plain if apart else output, 2.5 * unit
    for layer in range(layers):
        more_bits = layer < layers // 8 or layer >= 7 * layers // 8 or (layer - layers // 8) % 3 == 2
        mixed = "Q6_K" if kind == "Q4_K_M" and more_bits else plain
        name = f"blk.{layer}."
        yield name + "attn_norm.weight", width, 1, "F32", 0.05
        # Queries and keys that agree: attention that looks somewhere, not everywhere alike.
        for part, rows, quant, gain in [
            ("q", width, plain, 1.5),
            ("k", narrow, plain, 1.5),
            ("v", narrow, mixed, 2.0),
        ]:
            yield f"{name}attn_{part}.weight", width, rows, quant, gain * unit
            yield f"{name}attn_{part}.bias", rows, 1, "F32", 0.05
        yield name + "attn_output.weight", width, width, plain, unit
        yield name + "ffn_norm.weight", width, 1, "F32", 0.05
        yield name + "ffn_gate.weight", width, hidden, plain, unit
        yield name + "ffn_up.weight", width, hidden, plain, unit
        yield name + "ffn_down.weight", hidden, width, mixed, hidden**-0.5
    yield "output_norm.weight", width, 1, "F32", 0.05
    if apart:
        yield "output.weight", width, count, output, 2.5 * unit


def layout(row, rows, kind):
    """ggml's number of the type, and the bytes that a tensor takes."""
    if kind == "F32":
        return gguf.TYPE_F32, row * rows * 4
    number, weights, size, _, _ = BLOCKS[kind]
    return number, row // weights * size * rows


def write(path, size, kind, merges, seed):
    meta = metadata(size, kind, merges, seed)
    table, offset, listed = b"", 0, list(tensors(size, kind))
    for name, row, rows, quant, _ in listed:
        number, length = layout(row, rows, quant)
        shape = [row] if quant == "F32" else [row, rows]
        table += gguf.text(name) + gguf.struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
        table += gguf.struct.pack("<IQ", number, offset)
        offset += length + -length % 32
    head = b"GGUF" + gguf.struct.pack("<IQQ", 3, len(listed), len(meta))
    head += b"".join(gguf.pair(key, kind, value) for key, (kind, value) in meta.items()) + table
    partial = path.with_suffix(".part")
    with partial.open("wb") as file:
        file.write(head + bytes(-len(head) % 32))
        for name, row, rows, quant, deviation in listed:
            generator = numpy.random.default_rng([seed, zlib.crc32(name.encode())])
            written = 0
            for part in data(name, row, rows, quant, deviation, generator):
                file.write(part)
                written += len(part)
            file.write(bytes(-written % 32))
    partial.rename(path)


def data(name, row, rows, kind, deviation, generator):
    """A tensor's bytes, a few MB at a time."""
    if kind == "F32":
        middle = 0.0 if name.endswith("bias") else 1.0
        yield (middle + deviation * generator.standard_normal(row * rows)).astype("<f4").tobytes()
        return
    _, weights, size, scales, unit = BLOCKS[kind]
    per_row, portion = row // weights, max(1, 4_000_000 // (row // weights * size))
    for first in range(0, rows, portion):
        count = min(portion, rows - first)
        blocks = generator.integers(256, size=(count * per_row, size), dtype=numpy.uint8)
        scale = deviation / unit * generator.uniform(0.8, 1.2, count * per_row)
        # Either sign: the values of a block are not quite centred.
        scale *= generator.choice([-1.0, 1.0], count * per_row)
        if name in ("token_embd.weight", "output.weight"):
            # What is no text is never the likeliest: a run must not end by chance.
            ids = numpy.repeat(numpy.arange(first, first + count), per_row)
            scale[ids >= 151643] /= 8
        for at in scales:
            value = scale * (SUBTRACTED if at != scales[0] else 1.0)
            blocks[:, at : at + 2] = value.astype("<f2").view(numpy.uint8).reshape(-1, 2)
        yield blocks.tobytes()


if __name__ == "__main__":
    main()
