#!/usr/bin/env python3
"""Draw what `slm bench --json` measured, and print it as tables for docs/performance.md.

    plot_bench.py --out DIRECTORY NAME=FILE ...        for example  0.5B=a.json 1.5B=b.json

FILE holds the object that `slm bench --json` printed. Written are inference-edits.svg (what proposals gain),
inference-first.svg (time to the first token) and inference-several.svg (completions at once), each over all
models. The tables, with the comparison with llama-bench, go to standard output.
"""

import argparse
import json
from math import ceil, floor, log10
from pathlib import Path
from xml.sax.saxutils import escape

PARTS = ["prefill", "decode", "ttft", "edit", "prose"]
COLOURS = ["#36b", "#b33", "#393", "#963", "#639"]
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 360, 64, 120, 20, 46


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("runs", nargs="+", metavar="NAME=FILE")
    options = parser.parse_args()
    runs = {}
    for given in options.runs:
        name, _, file = given.partition("=")
        runs[name] = json.loads(Path(file).read_text().splitlines()[-1])
        if runs[name].get("status") != "ok":
            parser.error(f"{file} is no measurement of slm bench --json")
        if any(runs[name][part] is None for part in PARTS):
            parser.error(f"{file} was made with --only: a picture needs all parts")
    options.out.mkdir(parents=True, exist_ok=True)
    for name, picture in [
        ("edits", bars(edits(runs), "times as fast")),
        ("first", bars(first(runs), "ms", logarithmic=True)),
        ("several", bars(several(runs), "tokens/s")),
    ]:
        (options.out / f"inference-{name}.svg").write_text(picture)
    print(tables(runs))


def edits(runs):
    """Groups of bars: {group: {model: height}}."""
    out = {}
    for model, run in runs.items():
        for part in ["edit", "prose"]:
            kinds = {}
            for case in run[part]["cases"]:
                kinds.setdefault(case["kind"], []).append(case["ratio"])
            for kind, ratios in kinds.items():
                out.setdefault(kind, {})[model] = sorted(ratios)[len(ratios) // 2]
    return out


def first(runs):
    names = {"cold": "cold", "restart": "after a restart", "memory": "prefix in memory"}
    return {
        label: {model: run["ttft"][place]["ms"]["p50"] for model, run in runs.items()}
        for place, label in names.items()
    }


def several(runs):
    out = {}
    for model, run in runs.items():
        for width in run["n_best"]:
            out.setdefault(f"{width['n']} at once", {})[model] = width["tokens_per_second"]
    return out


def bars(groups, unit, logarithmic=False):
    """Grouped bars; a logarithmic axis begins at a power of ten below the smallest."""
    models = list(dict.fromkeys(model for group in groups.values() for model in group))
    values = [value for group in groups.values() for value in group.values()]
    if logarithmic:
        low, high = floor(log10(min(values))), ceil(log10(max(values)))
        high = max(high, low + 1)
        ticks = [10.0**power for power in range(low, high + 1)]
        share = lambda value: (log10(value) - low) / (high - low)
    else:
        step = nice(max(values) / 5)
        top = step * ceil(max(values) / step)
        ticks = [step * count for count in range(round(top / step) + 1)]
        share = lambda value: value / top
    y = lambda value: HEIGHT - BOTTOM - share(value) * (HEIGHT - BOTTOM - TOP)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
    ]
    for tick in ticks:
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(tick):.1f}" y2="{y(tick):.1f}" stroke="#ddd"/>')
        out.append(f'<text x="{LEFT - 6}" y="{y(tick) + 4:.1f}" text-anchor="end">{tick:g}</text>')
    room = (WIDTH - LEFT - RIGHT) / len(groups)
    bar = 0.8 * room / len(models)
    for at, (label, group) in enumerate(groups.items()):
        start = LEFT + at * room + 0.1 * room
        for index, model in enumerate(models):
            if model in group:
                top_y, x = y(group[model]), start + index * bar
                out.append(
                    f'<rect x="{x:.1f}" y="{top_y:.1f}" width="{bar * 0.92:.1f}" '
                    f'height="{HEIGHT - BOTTOM - top_y:.1f}" fill="{COLOURS[index % len(COLOURS)]}"/>'
                )
        out.append(
            f'<text x="{LEFT + (at + 0.5) * room:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{escape(label)}</text>'
        )
    for index, model in enumerate(models):
        at, colour = TOP + 10 + 18 * index, COLOURS[index % len(COLOURS)]
        out.append(f'<text x="{WIDTH - RIGHT + 12}" y="{at}" fill="{colour}">{escape(model)}</text>')
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 8}" text-anchor="middle">{escape(unit)}</text>')
    out.append("</svg>")
    return "\n".join(out) + "\n"


def nice(step):
    """The next of 1, 2 and 5 times a power of ten."""
    power = 10.0 ** floor(log10(step))
    return next(factor * power for factor in [1, 2, 5, 10] if factor * power >= step)


def tables(runs):
    def time(ms):
        return f"{ms:.1f} ms" if ms < 1000 else f"{ms / 1000:.2f} s"

    def row(times):
        return f"{time(times['p50'])} / {time(times['p95'])} / {time(times['p99'])}"

    out = [f"| | {' | '.join(runs)} |", "|---|" + "---|" * len(runs)]

    def add(label, cell):
        out.append(f"| {label} | " + " | ".join(cell(run) for run in runs.values()) + " |")

    def beside(part):
        def cell(run):
            peer = run["against"]
            if not peer:
                return ""
            ratio = peer[f"{part}_ratio"]
            return f"{peer[part]:.1f}; {ratio['median']:.2f} ({ratio['low']:.2f} to {ratio['high']:.2f})"

        return cell

    add("rounds, threads", lambda run: f"{run['rounds']}, {run['threads']}")
    add("loading", lambda run: row(run["load_ms"]))
    add("reading a prompt, tokens/s", lambda run: f"{run['prefill']['tokens_per_second']:.1f}")
    add("llama-bench; slm over it", beside("prefill"))
    add("writing, tokens/s", lambda run: f"{run['decode']['tokens_per_second']:.1f}")
    add("llama-bench; slm over it", beside("decode"))
    add("writing a token", lambda run: row(run["decode"]["token_ms"]))
    for place, label in [("cold", "cold"), ("restart", "after a restart"), ("memory", "prefix in memory")]:
        add(f"first token, {label}", lambda run: row(run["ttft"][place]["ms"]))
    for part in ["edit", "prose"]:
        add(
            f"{part}: proposals, times as fast; taken",
            lambda run: "{median:.2f} ({low:.2f} to {high:.2f})".format(**run[part]["ratio"])
            + f"; {100 * run[part]['accepted'] / max(1, run[part]['drafted']):.0f} %",
        )
    for at, width in enumerate(next(iter(runs.values()))["n_best"]):
        add(f"{width['n']} at once, tokens/s", lambda run: f"{run['n_best'][at]['tokens_per_second']:.1f}")
    for at, cost in enumerate(next(iter(runs.values()))["grammar"]):
        add(f"grammar {cost['grammar']}, more a token", lambda run: f"{run['grammar'][at]['overhead_percent']:+.1f} %")
    add("peak memory", lambda run: f"{run['memory']['peak'] / 2**20:.0f} MiB" if run["memory"] else "")
    return "\n".join(out)


if __name__ == "__main__":
    main()
