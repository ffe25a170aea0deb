#!/usr/bin/env python3
"""Learn trees that rank the edits of a place, on top of the costs of kinds and of familiarity.

    trees.py ROWS... [--out FILE] [--folds 8] [--rounds 300] [--leaves 63] [--rate 0.05] [--seeds 1]

ROWS is what `slm eval prior FIXES --rows ROWS` writes: every edit of the catalogue at places that people
repaired, which one is the repair, what it costs by kind and familiarity as the other projects teach it,
and its measures. Printed is how well the trees rank places of projects that they did not learn from, fold
by fold of all projects of an owner, which may share code. Several ROWS, of languages that share a catalogue, teach
together and are judged one by one. `--out` writes trees learned from all of them, as
`src/agent/candidates/trees.rs` reads them. Needs numpy and lightgbm.
"""

import argparse
import sys
from pathlib import Path

import lightgbm
import numpy as np

# Leaves smaller than this are noise: rows, and rows that are expected to be repairs.
LEAST_ROWS = 200
LEAST_REPAIRS = 1.0
# Of so many edits one costs less than `low`.
LOW_SHARE = 100
# As in `src/agent/candidates/prior.rs`.
BY_HAND = 0.4


class Table:
    """The rows: their inputs, and the places that they belong to one after the other."""

    def __init__(self, paths):
        self.names = self.operators = None
        projects, places, right, cost, inputs = [], [], [], [], []
        for path in paths:
            with open(path) as file:
                heads = [next(file).rstrip("\n").split("\t")[1] for _ in range(2)]
                if self.names and heads != [" ".join(self.names), self.operators]:
                    sys.exit(f"{path}: the rows have other inputs or operators than {paths[0]}; write all of them anew")
                self.names, self.operators = heads[0].split(" "), heads[1]
                for line in file:
                    project, place, is_right, by_prior, *values = line.rstrip("\n").split("\t")
                    projects.append(project)
                    places.append((path, int(place)))
                    right.append(int(is_right))
                    cost.append(float(by_prior))
                    inputs.append(np.array(values, dtype=np.float32))
        starts = [at for at in range(len(places)) if at == 0 or places[at] != places[at - 1]]
        self.sizes = np.diff([*starts, len(places)])
        self.projects = [projects[at] for at in starts]
        self.files = np.array([paths.index(places[at][0]) for at in starts])
        self.right, self.cost, self.inputs = np.array(right, dtype=float), np.array(cost), np.array(inputs)

    def part(self, is_in):
        """The rows of the places for which `is_in` is true, and the sizes of these places."""
        return np.repeat(is_in, self.sizes), self.sizes[is_in]


def starts_of(sizes):
    """The first row of each place."""
    return np.concatenate([[0], np.cumsum(sizes)[:-1]])


def shares(scores, sizes):
    """The probability of each row among those of its place, from log-odds."""
    starts = starts_of(sizes)
    odds = np.exp(scores - np.repeat(np.maximum.reduceat(scores, starts), sizes))
    return odds / np.repeat(np.add.reduceat(odds, starts), sizes)


def temperature(cost, right, sizes):
    """The factor of the costs under which the repairs are most likely, by Newton's method."""
    factor, starts = 1.0, starts_of(sizes)
    for _ in range(50):
        p = shares(-factor * cost, sizes)
        means = np.add.reduceat(p * cost, starts)
        slope = np.sum(means) - np.sum(right * cost)
        curvature = np.sum(np.add.reduceat(p * cost * cost, starts) - means**2)
        factor += slope / curvature
        if abs(slope / curvature) < 1e-6:
            break
    return factor


def learn(table, rows, sizes, options):
    """Boosters whose mean is added to the costs (less is likelier), and the factor on their scale."""
    right, cost = table.right[rows], table.cost[rows]
    factor = temperature(cost, right, sizes)

    def gradient(scores, _):
        p = shares(scores, sizes)
        return p - right, np.maximum(p * (1 - p), 1e-6)

    boosters = []
    for seed in range(options.seeds):
        data = lightgbm.Dataset(table.inputs[rows], label=right, init_score=-factor * cost, free_raw_data=False)
        parameters = {
            "objective": gradient,
            "learning_rate": options.rate,
            "num_leaves": options.leaves,
            "min_data_in_leaf": LEAST_ROWS,
            "min_sum_hessian_in_leaf": LEAST_REPAIRS,
            "lambda_l2": 5.0,
            "feature_fraction": 0.5,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": options.threads,
            "seed": seed,
            "verbose": -1,
        }
        boosters.append(lightgbm.train(parameters, data, options.rounds))
    return boosters, factor


def predict(boosters, factor, inputs):
    return -sum(booster.predict(inputs, raw_score=True) for booster in boosters) / len(boosters) / factor


def shipped(table, rows, added):
    """Costs as `src/agent/candidates/prior.rs` has them: between what trees say and what was set by hand."""
    kind, by_hand = (table.inputs[rows, table.names.index(name)] for name in ("kind", "by_hand"))
    return table.cost[rows] + added + BY_HAND * (by_hand - kind - added)


def positions(cost, right, sizes):
    """Where the repair stands in each place, from 1; of equals the first comes first."""
    out, at = [], 0
    for size in sizes:
        here = cost[at : at + size]
        own = int(np.argmax(right[at : at + size]))
        out.append(1 + int((here < here[own]).sum()) + int((here[:own] == here[own]).sum()))
        at += size
    return np.array(out)


def show(name, found):
    mean = np.exp(np.log(found).mean())
    print(f"{name:<26} {len(found)} in reach, {(found == 1).sum()} first, {(found <= 10).sum()} in the first ten, mean {mean:.2f}", flush=True)


def judge(table, options):
    owners = [project.split("/")[0] for project in table.projects]
    names = sorted(set(owners))
    shuffled = np.random.RandomState(1).permutation(len(names))
    fold_of = {names[at]: number % options.folds for number, at in enumerate(shuffled)}
    folds = np.array([fold_of[owner] for owner in owners])
    before, after, between = (np.zeros(len(folds), dtype=int) for _ in range(3))
    for fold in range(options.folds):
        boosters, factor = learn(table, *table.part(folds != fold), options)
        rows, sizes = table.part(folds == fold)
        cost, right = table.cost[rows], table.right[rows]
        before[folds == fold] = positions(cost, right, sizes)
        added = predict(boosters, factor, table.inputs[rows])
        after[folds == fold] = positions(cost + added, right, sizes)
        between[folds == fold] = positions(shipped(table, rows, added), right, sizes)
    for file, path in enumerate(options.rows):
        if len(options.rows) > 1:
            print(path)
        show("kinds and familiarity", before[table.files == file])
        show("and trees, held out", after[table.files == file])
        show("between trees and hand-set", between[table.files == file])


def written(node, scale):
    """A tree in preorder. A fork goes on where the input is at most the number, else after that branch."""
    if "leaf_value" in node:
        return [f"={node['leaf_value'] * scale:.4g}"]
    assert node["decision_type"] == "<="
    fork = f"{node['split_feature']}:{node['threshold']:.6g}"
    return [fork, *written(node["left_child"], scale), *written(node["right_child"], scale)]


def write(table, options):
    boosters, factor = learn(table, np.ones(len(table.cost), dtype=bool), table.sizes, options)
    scale = -1.0 / factor / len(boosters)
    added = predict(boosters, factor, table.inputs)
    offset = -float(added.mean())
    low = float(np.quantile(shipped(table, slice(None), added + offset), 1 / LOW_SHARE))
    lines = [
        f"inputs\t{' '.join(table.names)}",
        f"operators\t{table.operators}",
        f"offset\t{offset:.4f}",
        f"low\t{low:.4f}",
    ]
    for booster in boosters:
        for tree in booster.dump_model()["tree_info"]:
            lines.append("tree\t" + " ".join(written(tree["tree_structure"], scale)))
    options.out.write_text("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", type=Path, nargs="+")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--folds", type=int, default=8, help="0: do not judge")
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--leaves", type=int, default=63)
    parser.add_argument("--rate", type=float, default=0.05)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    table = Table(options.rows)
    if options.folds:
        judge(table, options)
    if options.out:
        write(table, options)


if __name__ == "__main__":
    main()
