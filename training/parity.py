"""Stage `parity`: what llama.cpp must compute from the exported model, as `parity.json`.

`texts`: text and its token ids, special tokens' spellings taken for them. `prompts`: a prompt, its ids, the
next 24 greedy ids in full precision, and at each step by how much the best logit leads the second; where
the lead is tiny, another summation order may rightly choose the other.
"""

import json

import torch

from . import bpe, decode, format, train

TEXTS = [
    "def f(x):\n    return x + 1\n",
    "x = 1234567890",
    "a\t\tb  c   d\n\n\ne",
    "it's we're I'll don't 'd",
    "naïve café ≠ λ→μ 日本語 🙂",
    "    if not self._cache.get(key, None):",
    "0xFF 1e-9 3.14j 1_000",
    '"""doc""" # note',
    "a  \n  b",
    "ⅷ ٣ ²",
    "\r\n\x0b\x0c\xa0",
    "<bos><py><err>NameError: name 'x' is not defined<at><L2><src><L1>def f():<L2>    return x<fix>",
]
STEPS = 24


@torch.no_grad()
def run(config, out):
    codec, model = bpe.Codec(out), train.load(out)
    texts = [{"text": text, "ids": codec.encode(text)} for text in TEXTS]
    prompts = []
    with (out / "examples/test.jsonl").open() as source:
        for line in source:
            case = json.loads(line)
            text = format.prompt(case["language"], case["err"], case["at"], case["before"])
            ids = codec.encode(text)
            if len(ids) + STEPS < config["context"]:
                prompts.append({"text": text, "ids": ids, **follow(model, ids)})
            if len(prompts) == 24:
                break
    (out / "parity.json").write_text(json.dumps({"texts": texts, "prompts": prompts}) + "\n")
    return {"texts": len(texts), "prompts": len(prompts)}


def follow(model, ids):
    """Greedy ids after a prompt, and the lead of each over the second best logit."""
    greedy = decode.greedy(model, ids, STEPS)
    states = model.hidden(torch.tensor([ids + greedy]))[0, len(ids) - 1 : -1]
    best = (states @ model.embedding.weight.T).topk(2).values
    return {"greedy": greedy, "leads": [round(float(a - b), 4) for a, b in best]}
