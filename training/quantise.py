"""Stage `quantise`: the model that is shipped, its matrices in eight bits (Q8_0), and what that costs."""

import json

import gguf
import torch

from . import bpe, evaluate, examples, export, train

SHIPPED = "slm-repair.gguf"
MAX_BYTES = 64 << 20
KIND = "q8_0"


def run(config, out):
    """Write the model; returns its size in bytes and the losses in full precision and in eight bits."""
    size = export.write(config, out, out / SHIPPED, KIND)
    if size > MAX_BYTES:
        raise SystemExit(f"{SHIPPED} has {size} bytes, more than the {MAX_BYTES} that may be shipped")
    return {"bytes": size, **losses(config, out)}


def losses(config, out):
    """Mean loss of the answers to held-out synthetic bugs, nats per token, before and after rounding."""
    codec, full, coarse = bpe.Codec(out), train.load(out), rounded(train.load(out))
    found = []
    for line in (out / "examples/test.jsonl").read_text().splitlines()[: config["evaluate_examples"]]:
        made = examples.encoded(codec, json.loads(line))
        if made:
            ids, roles = made
            cut = roles.index(examples.WANTED)
            found.append([evaluate.loss_of(model, ids[:cut], ids[cut:]) for model in (full, coarse)])
    means = [sum(column) / len(found) for column in zip(*found)]
    return dict(zip(("loss", f"loss in {KIND}"), (round(mean, 5) for mean in means)))


@torch.no_grad()
def rounded(model):
    """The model with its matrices as they come out of the file again."""
    kind, _ = export.TYPES[KIND]
    for parameter in model.parameters():
        if parameter.ndim > 1:
            stored = gguf.quants.quantize(parameter.detach().float().cpu().numpy(), kind)
            parameter.copy_(torch.from_numpy(gguf.quants.dequantize(stored, kind)))
    return model
