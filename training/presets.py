"""The settings of a run. A preset is the common settings with its own on top.

`passes` over the corpus are made into shards before the training, `live_passes` beside it, by `workers`
processes; a trainer that is ahead of them takes older shards again. `mixed`: from which part of the training
on examples of a kind are added, and how many for each synthetic one. Sizes are in tokens, `*_bytes` and
`*_characters` in what they say. `source_share` of the prompt's tokens are learnt at `source_weight`.
"""

COMMON = {
    "seed": 1,
    "languages": ["py", "rs", "js", "ts"],
    "packages": None,
    "package_bytes": 2_500_000,
    "vocabulary": 6144,
    "tokenizer_bytes": 30_000_000,
    "context": 1024,
    "passes": 3,
    "live_passes": 0,
    "plain_share": 0.15,
    "other_share": 0.35,
    "shard_characters": 1_500_000,
    "test_examples": 3000,
    "workers": 2,
    "trainers": 2,
    "threads": 1,
    "device": "cpu",
    "bfloat16": True,
    "compile": True,
    "batch_tokens": 4096,
    "step_tokens": 8192,
    "source_share": 0.3,
    "source_weight": 0.3,
    "mixed": [["observed", 0.2, 0.15], ["real", 0.67, 0.35]],
    "observe_modules": None,
    "observe_per_function": 2,
    "observe_minutes": 20,
    "curriculum": [[0.3, 320], [0.6, 512], [0.8, 768]],
    "muon_rate": 0.015,
    "adam_rate": 2e-3,
    "batches_ahead": 0,
    "log_steps": 10,
    "checkpoint_seconds": 180,
    "evaluate_examples": 600,
    "beams": 20,
}
PRESETS = {
    "cpu": {"minutes": 80, "passes": 1, "model": {"width": 192, "layers": 6, "heads": 3, "kv_heads": 1, "hidden": 512}},
    "gpu": {
        "minutes": 9,
        "vocabulary": 8192,
        "tokenizer_bytes": 80_000_000,
        "passes": 0,
        "other_share": 0.6,
        "workers": 15,
        "live_passes": 40,
        "trainers": 1,
        "threads": 4,
        "device": "cuda",
        "batch_tokens": 131_072,
        "step_tokens": 262_144,
        "source_share": 1.0,
        "source_weight": 0.2,
        "checkpoint_seconds": 120,
        "evaluate_examples": 800,
        "batches_ahead": 8,
        "model": {"width": 512, "layers": 12, "heads": 8, "kv_heads": 4, "hidden": 1408},
    },
    "toy": {
        "minutes": 0.7,
        "vocabulary": 1024,
        "packages": ["PyJWT", "tinydb", "attrs", "decorator", "h11", "fire", "underscore"],
        "tokenizer_bytes": 1_000_000,
        "passes": 1,
        "observe_modules": ["bisect", "colorsys", "textwrap"],
        "shard_characters": 300_000,
        "test_examples": 60,
        "compile": False,
        "batch_tokens": 2048,
        "step_tokens": 4096,
        "log_steps": 2,
        "evaluate_examples": 12,
        "beams": 5,
        "model": {"width": 64, "layers": 2, "heads": 4, "kv_heads": 2, "hidden": 128},
    },
}


def settings(preset, minutes=None, fixes=None, device=None):
    """The full settings of a run; `minutes` is the time budget of the stage `train`."""
    chosen = {**COMMON, **PRESETS[preset], "preset": preset, "fixes": fixes}
    if minutes is not None:
        chosen["minutes"] = minutes
    if device is not None:
        chosen["device"] = device
    return chosen
