"""Stage `evaluate`: how often held-out bugs are found and repaired.

Of each test example: the line (first token of the target), the first greedy answer, and the answers of a
beam search, in four settings: all that is known, without failing lines, without message, without both.
An answer counts when applying it gives exactly the repaired window.
"""

import json
import multiprocessing
from collections import defaultdict

import torch

from . import bpe, decode, examples, format, train

worker = {}
SETTINGS = {"full": (True, True), "no at": (True, False), "no err": (False, True), "bare": (False, False)}


def run(config, out):
    """Write `results.json`; returns its overall figures."""
    results = {}
    with multiprocessing.get_context("spawn").Pool(config["workers"], start, (config, out)) as pool:
        for name in ("test", "observed-test", "real-test"):
            cases = [json.loads(line) for line in (out / f"examples/{name}.jsonl").read_text().splitlines()]
            results[name] = summary(pool.imap(measure, cases[: config["evaluate_examples"]], 4))
    (out / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    return {name: found["overall"] for name, found in results.items()}


def start(config, out):
    torch.set_num_threads(1)
    worker.update(config=config, codec=bpe.Codec(out), model=train.load(out))


def measure(case):
    """The figures of one case, each with the groups that it counts for."""
    found = []
    for setting, (with_err, with_at) in SETTINGS.items():
        shown = {**case, "err": case["err"] * with_err, "at": case["at"] if with_at else []}
        figures = answer(
            worker["config"], worker["codec"], worker["model"], shown, with_beams=setting in ("full", "bare")
        )
        groups = [setting]
        if setting == "full":
            groups += [f"language {case['language']}", f"kind {case['kind']}"]
        if figures is not None:
            found.append((groups, figures))
    return found


def summary(measured):
    """Shares over all cases, by setting, and with all that is known by language and kind of bug."""
    sums = defaultdict(lambda: defaultdict(float))
    for groups, figures in (pair for found in measured for pair in found):
        for group in groups:
            sums[group]["cases"] += 1
            for key, value in figures.items():
                sums[group][key] += value
    shares = {
        group: {key: value if key == "cases" else round(value / found["cases"], 4) for key, value in found.items()}
        for group, found in sums.items()
    }
    return {
        "overall": {s: shares[s] for s in SETTINGS if s in shares},
        "groups": {g: shares[g] for g in sorted(shares) if g not in SETTINGS},
    }


def answer(config, codec, model, case, with_beams):
    """What the model makes of one case: each figure 0 or 1, but for `loss`, nats per wanted token."""
    made = examples.encoded(codec, case)
    if made is None:
        return None
    ids, roles = made
    cut = roles.index(examples.WANTED)
    prompt, wanted = ids[:cut], ids[cut:]
    found = {"loss": loss_of(model, prompt, wanted)}
    first = decode.greedy(model, prompt, decode.WIDEST, (codec.special["<end>"],))
    found["greedy"] = float(repairs(codec, case, first))
    if with_beams:
        answers, logits = decode.beams(model, codec, prompt, case["before"], config["beams"])
        line = codec.special["<L1>"]
        order = logits[line : line + len(case["before"]) + 1].argsort(descending=True).tolist()
        place = order.index(wanted[0] - line) if wanted[0] - line < len(order) else 99
        found["line"], found["line in 5"] = float(place < 1), float(place < 5)
        good = [repairs(codec, case, ids) for ids, _ in answers]
        found |= {
            "top 1": float(any(good[:1])),
            "top 5": float(any(good[:5])),
            f"top {config['beams']}": float(any(good)),
        }
    return found


@torch.no_grad()
def loss_of(model, prompt, wanted):
    """Mean cross-entropy of the wanted tokens, nats."""
    tokens = torch.tensor([prompt + wanted])
    weights = torch.tensor([[0.0] * len(prompt) + [1.0] * len(wanted)])
    sums = model.loss(tokens, weights)[1]
    return float(sums[0] / sums[1])


def repairs(codec, case, ids):
    """Whether a target repairs the window exactly."""
    try:
        return format.apply(case["before"], format.parse(codec.decode(ids))) == case["after"]
    except ValueError:
        return False
