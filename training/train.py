"""Stage `train`: learn within a time budget, resumable from the newest checkpoint.

The schedule follows the seconds of training so far, which are kept in the checkpoint, over the budget: a
resumed run goes on where it was, with another budget too. On a CPU they are seconds of the processor, not of the clock, so that a
run on a busy machine takes longer but learns as much. `train.jsonl` gets a line every `log_steps` steps.
"""

import json
import tempfile
import time

import torch
from torch import distributed, multiprocessing

from . import bpe, data, examples, optimiser, plot
from .model import Model, Shape

CHECKPOINT = "checkpoint.pt"
# A step ends when this share of its tokens is reached: batches are a little smaller than they may be.
NEARLY = 0.8


def shape_of(config, codec):
    return Shape(vocabulary=len(codec), context=config["context"], **config["model"])


def run(config, out):
    """Train until the budget is used; returns the figures of the stage.

    On a CPU each of `trainers` processes computes on one thread and the gradients are averaged once a step:
    on a machine that does other work too this is far faster than threads that meet in every operation.
    """
    producer = multiprocessing.get_context("spawn").Process(target=examples.produce, args=(config, out))
    if config["live_passes"]:
        producer.start()
    if config["trainers"] > 1:
        with tempfile.TemporaryDirectory() as meeting:
            multiprocessing.spawn(train, (config, out, f"file://{meeting}/group"), nprocs=config["trainers"])
    else:
        train(0, config, out, None)
    if config["live_passes"]:
        producer.terminate()
    lines = [json.loads(line) for line in (out / "train.jsonl").read_text().splitlines()]
    plot.losses(lines, out / "loss.svg")
    last = lines[-1]
    return {
        "parameters": sum(p.numel() for p in load(out).parameters()),
        "seconds": round(last["seconds"]),
        "steps": last["steps"],
        "tokens": last["tokens"],
        "loss": last["wanted"],
        "held_out": last["held_out"],
        "tokens_per_second": round(last["tokens"] / last["seconds"]),
    }


def train(rank, config, out, meeting):
    """One trainer of the run; the first one keeps log and checkpoint."""
    if meeting:
        distributed.init_process_group("gloo", init_method=meeting, rank=rank, world_size=config["trainers"])
    torch.manual_seed(config["seed"])
    torch.set_num_threads(config["threads"])
    codec, device = bpe.Codec(out), torch.device(config["device"])
    model = Model(shape_of(config, codec)).to(device)
    optimisers = optimiser.make(model, config)
    state = restore(config, out, model, optimisers, device, rank)
    stream = data.Stream(config, out / "examples", state["position"], rank)
    stream = data.Ahead(stream, config["batches_ahead"]) if config["batches_ahead"] else stream
    held_out = held_out_batches(config, codec, out, device) if rank == 0 else []
    if config["compile"]:
        model.hidden = torch.compile(model.hidden, dynamic=True)
    clock = time.process_time if device.type == "cpu" else time.monotonic
    began, last_saved = clock(), time.monotonic()
    earlier, recent = state["seconds"], Recent()
    while state["seconds"] < config["minutes"] * 60:
        progress = state["seconds"] / (config["minutes"] * 60)
        optimiser.set_rates(optimisers, progress)
        figures, elapsed = step(config, model, optimisers, stream, progress, earlier + clock() - began)
        recent.add(figures)
        state |= {
            "seconds": elapsed,
            "steps": state["steps"] + 1,
            "tokens": state["tokens"] + round(figures[0]),
            "position": stream.position,
        }
        if rank > 0:
            continue
        over = elapsed >= config["minutes"] * 60
        if over or state["steps"] % config["log_steps"] == 0:
            line = {**state, "factor": optimiser.factor(progress), **recent.figures()}
            if over or state["steps"] % (config["log_steps"] * 10) == 0:
                line["held_out"] = held_out_loss(model, held_out, config)
            with (out / "train.jsonl").open("a") as log:
                log.write(json.dumps({k: round(v, 4) if isinstance(v, float) else v for k, v in line.items()}) + "\n")
            recent = Recent()
        if over or time.monotonic() - last_saved > config["checkpoint_seconds"]:
            save(config, out, model, optimisers, state)
            last_saved = time.monotonic()
    if rank == 0:
        torch.save({"shape": model.shape.as_dict(), "weights": model.state_dict()}, out / "model.pt")
    if meeting:
        distributed.destroy_process_group()


def step(config, model, optimisers, stream, progress, seconds):
    """One update of all trainers together.

    Returns the sums of tokens, loss and number of wanted tokens, loss and number of source tokens; and the
    seconds of training so far, which are those of the first trainer for all.
    """
    device = model.embedding.weight.device
    sums, learnt = torch.zeros(5, device=device), 0.0
    share = config["step_tokens"] / config["trainers"]
    while sums[0] < share * NEARLY:
        tokens, weights = (part.to(device) for part in stream.next(progress))
        with torch.autocast(device.type, torch.bfloat16, enabled=config["bfloat16"]):
            total, by_kind = model.loss(tokens, weights)
        (total / share).backward()
        learnt += float(weights.sum())
        sums += torch.cat([torch.tensor([float(tokens.numel())], device=device), by_kind])
    gradients = [p.grad for p in model.parameters()]
    scalars = torch.tensor([learnt, seconds if stream.rank == 0 else 0.0], device=device)
    if config["trainers"] > 1:
        flat = torch.cat([*(g.flatten() for g in gradients), sums, scalars])
        distributed.all_reduce(flat)
        sums, scalars = flat[-7:-2], flat[-2:]
        for gradient, part in zip(gradients, flat[:-7].split([g.numel() for g in gradients])):
            gradient.copy_(part.view_as(gradient))
    for gradient in gradients:
        gradient.mul_(share / max(float(scalars[0]), 1.0))
    torch.nn.utils.clip_grad_norm_(optimiser.split(model)[1], 1.0)
    for optimise in optimisers:
        optimise.step()
        optimise.zero_grad(set_to_none=True)
    return sums.tolist(), float(scalars[1])


class Recent:
    """Sums over the steps since the last line of the log."""

    def __init__(self):
        self.began, self.sums = time.monotonic(), [0.0] * 5

    def add(self, sums):
        self.sums = [a + b for a, b in zip(self.sums, sums)]

    def figures(self):
        """Mean losses in nats of wanted and source tokens, and tokens a second."""
        tokens, wanted, count, source, source_count = self.sums
        return {
            "wanted": wanted / max(count, 1),
            "source": source / max(source_count, 1),
            "rate": tokens / (time.monotonic() - self.began),
        }


def held_out_batches(config, codec, out, device, count=192):
    """Batches of test examples for the loss that is logged."""
    pairs = []
    with (out / "examples/test.jsonl").open() as source:
        for line in source:
            made = examples.encoded(codec, json.loads(line))
            if made and len(made[0]) <= 512:
                pairs.append(made)
            if len(pairs) == count:
                break
    stream = data.Stream({**config, "source_share": 0.0}, out / "none")
    pairs.sort(key=lambda pair: len(pair[0]))
    batches = []
    for at in range(0, len(pairs), 16):
        batch = [(ids, torch.tensor(roles).numpy()) for ids, roles in pairs[at : at + 16]]
        batches.append(tuple(part.to(device) for part in stream.tensors(batch, 0)))
    return batches


@torch.no_grad()
def held_out_loss(model, batches, config):
    """Mean loss per wanted token in nats."""
    sums = torch.zeros(4)
    for tokens, weights in batches:
        with torch.autocast(tokens.device.type, torch.bfloat16, enabled=config["bfloat16"]):
            sums += model.loss(tokens, weights)[1].cpu()
    return float(sums[0] / sums[1].clamp(min=1))


def save(config, out, model, optimisers, state):
    """Write a checkpoint beside the old one, then put it in its place."""
    scratch = out / "checkpoint.new"
    held = {
        "key": config["key"],
        "model": model.state_dict(),
        "optimisers": [o.state_dict() for o in optimisers],
        "state": state,
    }
    torch.save(held, scratch)
    scratch.rename(out / CHECKPOINT)


def restore(config, out, model, optimisers, device, rank):
    """The state of the newest checkpoint of this very configuration, or of a new run, whose log begins empty."""
    path, log = out / CHECKPOINT, out / "train.jsonl"
    held = torch.load(path, map_location=device, weights_only=True) if path.exists() else {"key": None}
    if held["key"] != config["key"]:
        if rank == 0:
            log.write_text("")
        return {"seconds": 0.0, "steps": 0, "tokens": 0, "position": 0}
    model.load_state_dict(held["model"])
    for optimise, kept in zip(optimisers, held["optimisers"]):
        optimise.load_state_dict(kept)
    if rank == 0:
        lines = [line for line in log.read_text().splitlines() if json.loads(line)["steps"] <= held["state"]["steps"]]
        log.write_text("".join(line + "\n" for line in lines))
    return held["state"]


def load(out, device="cpu"):
    """The trained model, in full precision."""
    held = torch.load(out / "model.pt", map_location=device, weights_only=True)
    model = Model(Shape(**held["shape"]))
    model.load_state_dict(held["weights"])
    return model.to(device).eval()
