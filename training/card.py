"""Stage `card`: the manifest and the model card, made from what the other stages found."""

import hashlib
import json
import shutil
from collections import Counter
from pathlib import Path

from . import export, format, quantise

HERE = Path(__file__).parent


def run(config, out):
    """Write `manifest.json` and `card.md` beside the model."""
    stages = json.loads((out / "stages.json").read_text())
    figures = {name: stage["figures"] for name, stage in stages.items()}
    results = json.loads((out / "results.json").read_text())
    data = (out / quantise.SHIPPED).read_bytes()
    manifest = {
        "name": "slm-repair",
        "file": quantise.SHIPPED,
        "version": export.version_of(config),
        "format_version": format.VERSION,
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "licence": export.LICENCE,
        "architecture": {
            "kind": "llama",
            "parameters": figures["train"]["parameters"],
            "context": config["context"],
            **config["model"],
        },
        "languages": config["languages"],
        "training": {
            "corpus": "training/corpus.tsv",
            "licences": licences(),
            "tokens": figures["train"]["tokens"],
            "seconds": figures["train"]["seconds"],
            "device": config["device"],
            "settings": figures_of(config),
            "real_fixes": figures["examples"]["real train"],
            "observed_failures": figures["examples"]["observed train"],
        },
        "metrics": {name: found["overall"] for name, found in results.items()},
        "quantisation": {"kind": quantise.KIND, **figures["quantise"]},
    }
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    (out / "card.md").write_text(card(manifest, results))
    return {"sha256": manifest["sha256"], "bytes": manifest["bytes"]}


def figures_of(config):
    return {
        key: value for key, value in config.items() if isinstance(value, (int, float)) and not isinstance(value, bool)
    }


def licences():
    """How many packages of the corpus come under each licence."""
    rows = (HERE / "corpus.tsv").read_text().splitlines()[1:]
    return dict(Counter(row.split("\t")[2] for row in rows).most_common())


def card(manifest, results):
    """The model card in Markdown, from `card_template.md`."""
    about, training = manifest["architecture"], manifest["training"]
    shown = ""
    for name, found in results.items():
        parts = [f"### {name}", *table(found["overall"]), "", *table(found["groups"]), ""]
        shown += "\n".join([parts[0], "", *parts[1:], ""])
    template = (HERE / "card_template.md").read_text()
    return template.format(
        version=manifest["version"],
        parameters=about["parameters"] / 1e6,
        layers=about["layers"],
        width=about["width"],
        context=about["context"],
        languages=", ".join(manifest["languages"]),
        tokens=training["tokens"] / 1e6,
        minutes=training["seconds"] / 60,
        device=training["device"],
        licence=manifest["licence"],
        format_version=manifest["format_version"],
        real_fixes=training["real_fixes"],
        observed=training["observed_failures"],
        kind=quantise.KIND.upper(),
        full=manifest["quantisation"]["loss"],
        coarse=manifest["quantisation"][f"loss in {quantise.KIND}"],
        results=shown,
    )


def table(groups):
    """A Markdown table of figures by group."""
    columns = list(dict.fromkeys(key for found in groups.values() for key in found))
    rows = [f"| | {' | '.join(columns)} |", f"|---|{'---|' * len(columns)}"]
    for group, found in groups.items():
        cells = (f"{found[c]:.0f}" if c == "cases" else f"{found[c]:.3f}" if c in found else "" for c in columns)
        rows.append(f"| {group} | {' | '.join(cells)} |")
    return rows


def install(out, place):
    """Copy the model, its manifest and its card to where they are shipped from."""
    place.mkdir(exist_ok=True)
    for name in (quantise.SHIPPED, "manifest.json", "card.md"):
        shutil.copyfile(out / name, place / name)
