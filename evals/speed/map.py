#!/usr/bin/env python3
"""Measure `slm map`: cold, warm and after a change, beside another tool, and how time grows with files.

    map.py --slm PATH --tree DIR [--tree DIR ...] [--peer COMMAND] [--peer-cache NAME] [--runs N]
    map.py --slm PATH --grow DIR --svg FILE

For each tree, in one run, alternating: slm with no index, slm with one and nothing changed, slm after one
file changed; and COMMAND (a shell command that prints a repository map in the current directory) without
its cache, which lies at NAME in the tree, and with it. Medians, and their ratios, are printed. `--grow`
copies ever more files of DIR and draws time and memory against their number. Trees are copied first, so
that nothing is written to them.
"""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SOURCES = {".py", ".rs", ".js", ".ts", ".go", ".java", ".c", ".h"}
STEPS = [100, 300, 1000, 3000, 10000, 20000, 50000]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--slm", type=Path, required=True)
    parser.add_argument("--tree", type=Path, action="append", default=[])
    parser.add_argument("--peer")
    parser.add_argument("--peer-cache", default=".aider.tags.cache.v4")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--grow", type=Path)
    parser.add_argument("--svg", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for tree in options.tree:
            beside(options, tree, Path(scratch))
        if options.grow:
            grow(options, Path(scratch))


def timed(command, cwd, cache):
    """Seconds and the peak memory in MiB of the process and what it started."""
    env = {**os.environ, "XDG_CACHE_HOME": str(cache), "SLM_KEEP_WARM": "0"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    start = time.perf_counter()
    done = subprocess.run(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True)
    seconds = time.perf_counter() - start
    if done.returncode not in (0, 1):
        sys.exit(f"{command}: {done.returncode}: {done.stderr.decode(errors='replace')[-500:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return seconds, max(before, after) / 1024


def beside(options, tree, scratch):
    copy, cache = scratch / "tree", scratch / "cache"
    shutil.copytree(tree, copy, symlinks=True, ignore_dangling_symlinks=True)
    files = [path for path in sorted(copy.rglob("*")) if path.suffix in SOURCES and path.is_file() and not path.is_symlink()]
    # Settled: a file that was written a moment ago is looked at again.
    time.sleep(2)
    slm = [str(options.slm.resolve()), "map"]
    rows = {name: [] for name in ["slm cold", "slm warm", "slm changed", "peer cold", "peer warm"]}
    for run in range(options.runs):
        shutil.rmtree(cache, ignore_errors=True)
        rows["slm cold"].append(timed(slm, copy, cache)[0])
        time.sleep(2)
        timed(slm, copy, cache)
        rows["slm warm"].append(timed(slm, copy, cache)[0])
        changed = files[(run * 37) % len(files)]
        changed.write_bytes(changed.read_bytes() + b"\n")
        rows["slm changed"].append(timed(slm, copy, cache)[0])
        if options.peer:
            shutil.rmtree(copy / options.peer_cache, ignore_errors=True)
            peer = ["sh", "-c", options.peer]
            rows["peer cold"].append(timed(peer, copy, cache)[0])
            rows["peer warm"].append(timed(peer, copy, cache)[0])
    print(f"{tree.name}: {len(files)} source files, medians of {options.runs}")
    medians = {name: statistics.median(times) for name, times in rows.items() if times}
    for name, seconds in medians.items():
        print(f"  {name:<12} {seconds:8.3f} s")
    for kind in ["cold", "warm"]:
        if f"peer {kind}" in medians:
            print(f"  ratio {kind:<6} {medians[f'peer {kind}'] / medians[f'slm {kind}']:8.1f}")
    sys.stdout.flush()
    shutil.rmtree(copy)


def grow(options, scratch):
    files = sorted(path for path in options.grow.rglob("*") if path.suffix in SOURCES and path.is_file())
    slm = [str(options.slm.resolve())]
    points = []
    copy, done = scratch / "grown", 0
    for count in [step for step in STEPS if step <= len(files)]:
        for path in files[done:count]:
            target = copy / path.relative_to(options.grow)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        (copy / ".slmignore").write_text("")
        done = count
        time.sleep(2)
        cache = scratch / "cache"
        shutil.rmtree(cache, ignore_errors=True)
        cold, memory = timed([*slm, "map"], copy, cache)
        time.sleep(2)
        timed([*slm, "map"], copy, cache)
        warm = statistics.median(timed([*slm, "map"], copy, cache)[0] for _ in range(5))
        changed = copy / next(f for f in files[count // 2 : count] if "test" not in str(f)).relative_to(options.grow)
        changed.write_bytes(changed.read_bytes() + b"\n")
        one, _ = timed([*slm, "map"], copy, cache)
        words, _ = timed([*slm, "index"], copy, cache)
        points.append((count, cold, one, warm, memory))
        print(f"{count:>6} files: cold {cold:7.3f} s, one changed {one:7.3f} s, unchanged {warm:7.3f} s, "
              f"words {words:7.3f} s, {memory:6.0f} MiB", flush=True)
    if options.svg:
        options.svg.write_text(svg(points))


def svg(points):
    """Time against files, both logarithmic."""
    from math import log10

    width, height, left, bottom = 640, 400, 60, 50
    xs = [log10(p[0]) for p in points]
    low, high = -2.0, max(log10(max(p[1], 0.01)) for p in points) + 0.2
    def x(count):
        return left + (log10(count) - xs[0]) / (xs[-1] - xs[0]) * (width - left - 130)
    def y(seconds):
        return height - bottom - (log10(max(seconds, 0.01)) - low) / (high - low) * (height - bottom - 20)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" font-size="12">',
           f'<rect width="{width}" height="{height}" fill="white"/>']
    for exponent in range(int(low), int(high) + 1):
        at = y(10.0**exponent)
        out.append(f'<line x1="{left}" x2="{width - 130}" y1="{at:.1f}" y2="{at:.1f}" stroke="#ddd"/>')
        out.append(f'<text x="{left - 8}" y="{at + 4:.1f}" text-anchor="end">{10.0**exponent:g} s</text>')
    for count, *_ in points:
        out.append(f'<text x="{x(count):.1f}" y="{height - bottom + 18}" text-anchor="middle">{count}</text>')
    out.append(f'<text x="{(width - 130 + left) / 2:.0f}" y="{height - 8}" text-anchor="middle">files</text>')
    for at, (name, colour) in enumerate([("no index", "#b33"), ("one file changed", "#36b"), ("nothing changed", "#393")], 1):
        line = " ".join(f"{x(p[0]):.1f},{y(p[at]):.1f}" for p in points)
        out.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{x(p[0]):.1f}" cy="{y(p[at]):.1f}" r="3" fill="{colour}"/>' for p in points]
        out.append(f'<text x="{width - 122}" y="{y(points[-1][at]) + 4:.1f}" fill="{colour}">{name}</text>')
    out.append("</svg>")
    return "\n".join(out) + "\n"


if __name__ == "__main__":
    main()
