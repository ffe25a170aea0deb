"""Stage `examples`: broken and repaired windows as token sequences, in compressed shards.

A shard is an npz file of `tokens` (uint16, all examples one after the other), `roles` (uint8 per token:
0 not learnt, 1 source, 2 wanted) and `lengths`. Test examples are JSON lines with their text.
"""

import ast
import hashlib
import itertools
import json
import multiprocessing
import random
from collections import Counter

import numpy as np

from . import bpe, dedupe, fixes, format, inject, observe, tokenbugs

SKIPPED, SOURCE, WANTED = 0, 1, 2
worker = {}


def run(config, out):
    """Make the training shards of synthetic bugs and of real fixes, and the test sets."""
    place = out / "examples"
    place.mkdir(exist_ok=True)
    for old in place.glob("*.npz"):
        old.unlink()
    pieces, figures = split_files(out)
    with multiprocessing.get_context("spawn").Pool(config["workers"], start, (config, out)) as pool:
        write_tests(config, place, pool, pieces["test"], figures)
        for made in make_shards(config, place, pool, pieces["train"], config["passes"]):
            figures.update(made["kinds"])
            figures["train examples"] += len(made["examples"])
            figures["train tokens"] += sum(len(tokens) for tokens, _ in made["examples"])
    return dict(figures)


def produce(config, out):
    """Make the shards of `live_passes`, while another process trains on those that are there."""
    pieces, _ = split_files(out)
    with multiprocessing.get_context("spawn").Pool(config["workers"], start, (config, out)) as pool:
        for _ in make_shards(config, out / "examples", pool, pieces["train"], config["live_passes"]):
            pass


def make_shards(config, place, pool, records, passes):
    """Write one shard after the other; yields what each holds."""
    for number, made in enumerate(pool.imap(train_shard, jobs_of(config, records, passes))):
        save(place / f"train-{number:05}.npz", made["examples"])
        yield made


def split_files(out):
    """The corpus' files by role, without those whose fixes or observed failures are the test."""
    pieces = {"train": [], "test": []}
    figures = Counter()
    for record in bpe.read(out / "corpus.deduped.jsonl.gz"):
        if record["package"] in fixes.TEST_PACKAGES or observe.is_test_file(record):
            figures["files that are tested otherwise"] += 1
            continue
        pieces[record["role"]].append(record)
    return pieces, figures


def jobs_of(config, records, passes):
    """Groups of files for one shard each, every pass over the corpus in another order."""
    records = [r for r in records if r["language"] in config["languages"]]
    total = 0
    for number in range(passes):
        order = list(range(len(records)))
        random.Random(f"{config['seed']}/{number}").shuffle(order)
        group, size = [], 0
        for index in order:
            group.append(records[index])
            size += len(records[index]["text"])
            if size > config["shard_characters"]:
                yield number, total, group
                group, size, total = [], 0, total + 1
        if group:
            yield number, total, group
            total += 1


def start(config, out):
    """Prepare a worker process; `tested` are the digests of the test packages' functions, which come first."""
    records = itertools.takewhile(lambda r: r["role"] == "test", bpe.read(out / "corpus.deduped.jsonl.gz"))
    tested = {dedupe.fingerprint(unit.text) for record in records for unit in units(record)}
    worker.update(config=config, codec=bpe.Codec(out), tested=tested)


def train_shard(job):
    """Examples of one group of files: each function once a pass, each time with another bug."""
    number, index, records = job
    config, codec = worker["config"], worker["codec"]
    rng = random.Random(f"{config['seed']}/{number}/{index}")
    examples, kinds, seen = [], Counter(), set(worker["tested"])
    for record in records:
        for unit in units(record):
            digest = dedupe.fingerprint(unit.text)
            if digest in seen or (record["language"] != "py" and rng.random() > config["other_share"]):
                continue
            seen.add(digest)
            if rng.random() < config["plain_share"]:
                made, kind = plain(codec, record["language"], unit.text, rng), "plain"
            else:
                found = broken_example(codec, record["language"], unit, rng)
                made, kind = (encoded(codec, found), found["kind"]) if found else (None, None)
            if made and len(made[0]) <= config["context"]:
                examples.append(made)
                kinds[f"kind {kind}"] += 1
    rng.shuffle(examples)
    return {"examples": examples, "kinds": kinds}


def units(record):
    """Functions and other pieces of a file, long docstrings mostly taken out."""
    make = inject.units_of if record["language"] == "py" else tokenbugs.units_of
    try:
        for unit in make(record["text"]):
            if 2 <= unit.text.count("\n") < 200 and len(unit.text) > 60:
                yield unit
    except RecursionError:
        return


def without_docstring(unit):
    """The unit without its docstring's lines, or itself where it has none or nothing else."""
    begin, end = observe.docstring_rows(unit)
    if not end:
        return unit
    return inject.Unit("\n".join(unit.lines[:begin] + unit.lines[end:]), unit.facts, unit.name, unit.number)


def broken_example(codec, language, unit, rng, kind=None, plain_docs=0.75):
    """A window with one bug: {language, kind, err, at, before, after}, or None."""
    if language == "py":
        try:
            unit = without_docstring(unit) if rng.random() < plain_docs else unit
            broken = inject.inject(unit, rng, kind)
        except (SyntaxError, ValueError, RecursionError):
            return None
    else:
        broken = tokenbugs.inject(unit, rng, language)
    if broken is None:
        return None
    before, after = broken.text.split("\n"), unit.text.split("\n")
    changed = next((i for i, (a, b) in enumerate(zip(before, after)) if a != b), min(len(before), len(after)))
    found = windowed(codec, before, after, min(changed, len(before) - 1), rng)
    if found is None:
        return None
    begin, before, after = found
    line = broken.line - begin if broken.line else None
    raised = broken.line is not None
    err = broken.error if not raised or rng.random() < 0.92 else ""
    at = marks(len(before), line, changed - begin + 1, raised, rng)
    return {
        "language": language,
        "kind": broken.kind,
        "err": format.message(err),
        "at": at,
        "before": before,
        "after": after,
    }


def windowed(codec, before, after, focus, rng, budget=880):
    """Cut both sides alike to a window that fits; None where the change does not lie inside."""
    tidy = format.tidy(before)
    costs = [1 + len(codec.plain(line)) if not format.ANY_SPECIAL.search(line) else 9999 for line in tidy]
    if rng.random() < 0.2 and len(costs) > 12:
        begin, end = format.fit(costs, focus, budget, rng.randrange(8, 40))
    else:
        begin, end = format.fit(costs, focus, budget)
    tail = len(before) - end
    if sum(costs[begin:end]) > budget or before[:begin] != after[:begin] or before[end:] != after[len(after) - tail :]:
        return None
    cut = before[begin:end]
    shared = format.indentation([line.rstrip() for line in cut])
    repaired = format.tidy(after[begin : len(after) - tail], shared)
    return None if repaired is None else (begin, format.tidy(cut), repaired)


def marks(count, line, changed, raised, rng):
    """Failing lines as a tool may know them: mostly right for what raised, often absent or off otherwise."""
    others = rng.sample(range(1, count + 1), min(2, count))
    if raised and line is not None and 1 <= line <= count:
        draw = rng.random()
        return [line] + others[:1] * (draw < 0.2 and others[0] != line) if draw < 0.87 else []
    draw = rng.random()
    if draw < 0.62:
        return []
    found = others[: rng.randrange(0, 3)] if draw < 0.85 else others
    if draw < 0.85 and 1 <= changed <= count:
        found = [changed, *(k for k in found if k != changed)]
        rng.shuffle(found)
    return found[: format.MAX_AT]


def encoded(codec, example, longest=120):
    """Token ids and roles of an example, or None where its target is too long or not expressible."""
    prompt = format.prompt(example["language"], example["err"], example["at"], example["before"])
    target = format.target(example["before"], example["after"])
    if prompt is None or target is None:
        return None
    ids, wanted = codec.encode(prompt), codec.encode(target)
    if len(wanted) > longest:
        return None
    source = ids.index(codec.special["<src>"])
    roles = [SKIPPED] * (source + 1) + [SOURCE] * (len(ids) - source - 1) + [WANTED] * len(wanted)
    return ids + wanted, roles


def plain(codec, language, text, rng):
    """A fill-in-the-middle sequence, or for a third of them the text as it is."""
    if format.ANY_SPECIAL.search(text):
        return None
    if rng.random() < 0.33:
        ids = codec.encode(f"<bos><{language}>") + codec.plain(text) + codec.encode("<eos>")
        return ids, [SKIPPED, SKIPPED] + [SOURCE] * (len(ids) - 2)
    begin = rng.randrange(len(text))
    end = min(len(text), begin + rng.randrange(1, 160))
    if rng.random() < 0.5:
        begin, end = text.rfind("\n", 0, begin) + 1, text.find("\n", end) if text.find("\n", end) >= 0 else len(text)
    head = codec.encode(f"<bos><{language}><fim_prefix>{text[:begin]}<fim_suffix>{text[end:]}<fim_middle>")
    tail = codec.plain(text[begin:end]) + codec.encode("<eos>")
    return head + tail, [SKIPPED] * 2 + [SOURCE] * (len(head) - 2) + [WANTED] * len(tail)


def real_examples(config, codec, role):
    """Real fixes of a role as examples, each at most once."""
    rng, seen = random.Random(f"{config['seed']}/real"), set()
    for which, repository, before, after, focus in fixes.pairs(config["fixes"]) if config["fixes"] else ():
        if which != role:
            continue
        found = windowed(codec, before, after, min(focus, len(before) - 1), rng)
        if found is None:
            continue
        begin, before, after = found
        digest = hashlib.sha256("\n".join(before + after).encode()).digest()
        if digest in seen:
            continue
        seen.add(digest)
        unit = inject.Unit("\n".join(after), inject.Facts()) if parses(after) else None
        err = inject.messages.wrong_result(unit, rng) if unit and rng.random() < 0.6 else ""
        at = marks(len(before), None, focus - begin + 1, False, rng)
        yield {
            "language": "py",
            "kind": f"real {repository}",
            "err": format.message(err),
            "at": at,
            "before": before,
            "after": after,
        }


def parses(lines):
    try:
        ast.parse("\n".join(lines))
        return True
    except (SyntaxError, ValueError):
        return False


def observed_examples(config, codec, out, role):
    """Examples of the stage `observe`, cut to windows."""
    rng = random.Random(f"{config['seed']}/observed")
    for line in (out / "observed.jsonl").read_text().splitlines():
        case = json.loads(line)
        before, after = case["before"], case["after"]
        changed = next((i for i, (a, b) in enumerate(zip(before, after)) if a != b), min(len(before), len(after)))
        found = windowed(codec, before, after, min(changed, len(before) - 1), rng) if case.pop("role") == role else None
        if found:
            begin, before, after = found
            at = [line - begin for line in case["at"] if begin < line <= begin + len(before)]
            yield {**case, "at": at, "before": before, "after": after}


def write_tests(config, place, pool, records, figures):
    """The test sets, and the shards of real fixes and of observed failures to train on."""
    made = [
        example for group in pool.imap(test_group, sorted(records, key=lambda r: r["path"]), 8) for example in group
    ]
    random.Random(config["seed"]).shuffle(made)
    write_lines(place / "test.jsonl", made[: config["test_examples"]])
    figures["test"] = len(made[: config["test_examples"]])
    codec = bpe.Codec(place.parent)
    makers = {
        "real": lambda role: real_examples(config, codec, role),
        "observed": lambda role: observed_examples(config, codec, place.parent, role),
    }
    for name, make in makers.items():
        tests = [example for example in make("test") if encoded(codec, example)]
        learnt = [pair for pair in (encoded(codec, example) for example in make("train")) if pair]
        random.Random(config["seed"]).shuffle(tests)
        random.Random(config["seed"]).shuffle(learnt)
        write_lines(place / f"{name}-test.jsonl", tests)
        save(place / f"{name}.npz", learnt)
        figures.update({f"{name} test": len(tests), f"{name} train": len(learnt)})


def test_group(record):
    rng = random.Random(record["path"])
    found = (broken_example(worker["codec"], record["language"], unit, rng) for unit in units(record) for _ in range(2))
    return [example for example in found if example and encoded(worker["codec"], example)]


def write_lines(path, records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records))


def save(path, examples):
    """One shard."""
    tokens = np.array([t for ids, _ in examples for t in ids], dtype=np.uint16)
    roles = np.array([r for _, roles in examples for r in roles], dtype=np.uint8)
    lengths = np.array([len(ids) for ids, _ in examples], dtype=np.int32)
    scratch = path.with_suffix(".tmp.npz")
    np.savez_compressed(scratch, tokens=tokens, roles=roles, lengths=lengths)
    scratch.rename(path)


def load(path):
    """The examples of a shard, as (tokens, roles) arrays."""
    with np.load(path) as data:
        if not len(data["lengths"]):
            return []
        ends = np.cumsum(data["lengths"])[:-1]
        return list(zip(np.split(data["tokens"], ends), np.split(data["roles"], ends)))
