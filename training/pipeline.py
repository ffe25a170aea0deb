"""Runs the stages in order. A stage whose settings and predecessors are unchanged is not run again.

Each stage has a key: the digest of the settings it reads and of the key before it. The key of the last
finished run is kept in `stages.json`, with the stage's figures.
"""

import argparse
import hashlib
import importlib
import json
import time
from pathlib import Path

from .presets import PRESETS, settings

# Stage, module, and the settings that its output depends on.
STAGES = [
    ("corpus", "corpus", ["seed", "packages", "package_bytes"]),
    ("dedupe", "dedupe", []),
    ("tokenizer", "bpe", ["seed", "vocabulary", "tokenizer_bytes"]),
    ("observe", "observe", ["seed", "observe_modules", "observe_per_function", "observe_minutes"]),
    (
        "examples",
        "examples",
        [
            "seed",
            "languages",
            "context",
            "passes",
            "plain_share",
            "other_share",
            "shard_characters",
            "test_examples",
            "fixes",
        ],
    ),
    (
        "train",
        "train",
        [
            "seed",
            "model",
            "minutes",
            "step_tokens",
            "source_share",
            "source_weight",
            "mixed",
            "curriculum",
            "muon_rate",
            "adam_rate",
        ],
    ),
    ("evaluate", "evaluate", ["evaluate_examples", "beams"]),
    ("export", "export", []),
    ("parity", "parity", []),
    ("quantise", "quantise", []),
    ("card", "card", []),
]
NAMES = [name for name, _, _ in STAGES]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--preset", choices=sorted(PRESETS), default="cpu")
    parser.add_argument("--out", type=Path, default=Path("target/training"))
    parser.add_argument("--from", dest="first", choices=NAMES, help="run this stage again, and those after it")
    parser.add_argument("--to", dest="last", choices=NAMES, default=NAMES[-1])
    parser.add_argument("--minutes", type=float, help="time budget of the stage train")
    parser.add_argument("--fixes", type=str, help="real fixes, as evals/prior/mine.py writes them")
    parser.add_argument("--device", choices=["cpu", "cuda"])
    parser.add_argument("--install", action="store_true", help="copy the finished model to models/")
    options = parser.parse_args()
    config = settings(options.preset, options.minutes, options.fixes, options.device)
    options.out.mkdir(parents=True, exist_ok=True)
    run(config, options.out, options.first, options.last)
    if options.install:
        importlib.import_module(".card", __package__).install(options.out, Path("models"))


def run(config, out, first=None, last=NAMES[-1]):
    """Run the stages up to `last`; from `first` on they run whatever their keys say."""
    path = out / "stages.json"
    done = json.loads(path.read_text()) if path.exists() else {}
    key, forced = "", False
    for name, module, reads in STAGES:
        forced = forced or name == first
        key, resumed = key_of(key, config, reads), key_of(key, config, [r for r in reads if r != "minutes"])
        if forced or done.get(name, {}).get("key") != key:
            began = time.monotonic()
            log(out, stage=name, key=key, event="begin")
            stage = importlib.import_module(f".{module}", __package__)
            figures = stage.run({**config, "key": resumed}, out)
            done[name] = {"key": key, "seconds": round(time.monotonic() - began), "figures": figures}
            path.with_suffix(".new").write_text(json.dumps(done, indent=1) + "\n")
            path.with_suffix(".new").rename(path)
            log(out, stage=name, event="end", **done[name])
        if name == last:
            return


def key_of(before, config, reads):
    """The digest of the key before and of the settings read. Without the budget it says which checkpoints fit."""
    text = json.dumps([before, {setting: config[setting] for setting in reads}], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def log(out, **entry):
    line = json.dumps(entry)
    print(line, flush=True)
    with (out / "log.jsonl").open("a") as sink:
        sink.write(line + "\n")


if __name__ == "__main__":
    main()
