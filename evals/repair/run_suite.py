#!/usr/bin/env python3
"""Run `slm fix` on every bug of a suite and judge it by the package's whole test suite.

    run_suite.py --suite DIR --slm PATH [--out FILE] [--limit N] [--seed N] [--only PART ...]
                 [--timeout S] [--jobs N] [--fresh] [-- EXTRA SLM ARGUMENTS]

Each bug gets a scratch copy of its package, an empty HOME and the command recorded with the bug.
Results go to FILE, one JSON line per bug, so that an interrupted run goes on where it stopped;
`--fresh` starts over, `--summary` only prints what FILE holds. A fix counts when slm claims it
("fixed", exit 0), nothing outside the claimed files changed, and every test that passed before the
bug was injected passes again; a claim that fails this is a wrong claim.
"""

import argparse
import json
import random
import shutil
import statistics
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from common import environment, lost_tests, run, verdicts


def main():
    argv, extra = sys.argv[1:], []
    if "--" in argv:
        at = argv.index("--")
        argv, extra = argv[:at], argv[at + 1 :]
    options = arguments(argv)
    suite_dir = options.suite.resolve()
    suite = json.loads((suite_dir / "suite.json").read_text())
    out = options.out or suite_dir / "results.jsonl"
    if options.fresh and out.exists():
        out.unlink()
    done = {r["id"]: r for r in read_results(out)}
    bugs = [b for b in suite["bugs"] if not options.only or any(o in b["id"] + "/" + b["operator"] for o in options.only)]
    if options.seed is not None:
        random.Random(options.seed).shuffle(bugs)
    bugs = bugs[: options.limit]
    todo = [] if options.summary else [b for b in bugs if b["id"] not in done]

    def one(bug):
        result = attempt(suite_dir, suite, bug, options, extra)
        # Whole lines are appended at once, so that a run cut short leaves a readable file.
        with out.open("a") as sink:
            sink.write(json.dumps(result) + "\n")
        print(line(result), flush=True)
        return result

    with ThreadPoolExecutor(options.jobs) as pool:
        for result in pool.map(one, todo):
            done[result["id"]] = result
    report = summary([done[b["id"]] for b in bugs if b["id"] in done])
    print(json.dumps(report, indent=1) if options.json else text(report))


def arguments(argv):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--suite", type=Path, required=True)
    parser.add_argument("--slm", type=Path, default=Path("slm"))
    parser.add_argument("--out", type=Path)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--seed", type=int, help="shuffle the bugs before --limit takes the first")
    parser.add_argument("--only", nargs="*", help="parts of ids or operators")
    parser.add_argument("--timeout", type=int, default=60)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("--summary", action="store_true")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(argv)


def read_results(path):
    if not path.exists():
        return []
    return [json.loads(text) for text in path.read_text().splitlines() if text.strip()]


def attempt(suite_dir, suite, bug, options, extra):
    about = suite["packages"][bug["package"]]
    base = suite_dir / "packages" / bug["package"]
    with tempfile.TemporaryDirectory(prefix="slm-eval-") as scratch:
        tree = Path(scratch, bug["package"])
        shutil.copytree(base, tree, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(suite_dir / "bugs" / bug["id"] / "tree", tree, dirs_exist_ok=True)
        env = environment(suite_dir / suite["venv"], about["pythonpath"])
        home = Path(scratch, "home")
        home.mkdir()
        env["HOME"] = str(home)
        before = contents(tree)
        argv = [str(options.slm.resolve()), "fix", "--json", "--yes", "--timeout", str(options.timeout)]
        argv += extra + ["--"] + bug["command"]
        code, output, took = run_slm(argv, tree, env, options.timeout * 2 + 30)
        said = last_object(output)
        changed = sorted(p for p, data in contents(tree).items() if before.get(p) != data)
        result = {
            "id": bug["id"],
            "operator": bug["operator"],
            "status": said.get("status", "crashed" if code is not None else "hung"),
            "exit": code,
            "tier": said.get("tier"),
            "generated": said.get("candidates_generated"),
            "checked": said.get("candidates_checked"),
            "seconds": round(took, 2),
            "changed": changed,
            "diff": said.get("diff"),
        }
        result["outcome"] = judge(result, tree, base, env, about, bug)
        if result["outcome"] in ("crashed", "claimed wrongly"):
            result["output"] = output[-4000:]
        return result


def judge(result, tree, base, env, about, bug):
    """repaired, claimed wrongly, no claim, or crashed."""
    if result["status"] in ("crashed", "hung", "error") or result["exit"] not in (0, 1):
        return "crashed"
    if result["status"] != "fixed":
        return "claimed wrongly" if result["changed"] else "no claim"
    if any(is_test(path) for path in result["changed"]):
        return "claimed wrongly"
    env = dict(env)
    found, _ = verdicts(about["pytest_args"], tree, env, about["seconds"] * 6 + 20)
    if found is None:
        return "claimed wrongly"
    lost = lost_tests(about["passed"], found)
    result["lost"] = lost[:5]
    return "claimed wrongly" if lost else "repaired"


def is_test(path):
    parts = Path(path).parts
    name = parts[-1]
    return any(p in ("test", "tests") for p in parts[:-1]) or name.startswith("test_") or name == "conftest.py"


def run_slm(argv, tree, env, seconds):
    """slm makes processes and files of its own: the limits of `run` are wide enough for it."""
    return run(argv, tree, env, seconds, memory=None)


def contents(tree):
    found = {}
    for path in tree.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts and ".pytest_cache" not in path.parts:
            found[path.relative_to(tree).as_posix()] = path.read_bytes()
    return found


def last_object(output):
    for text in reversed(output.splitlines()):
        if text.startswith("{"):
            try:
                return json.loads(text)
            except ValueError:
                continue
    return {}


def line(r):
    tried = f"{r['checked'] or 0:>5} tried"
    return f"{r['id']:<22} {r['outcome']:<16} {r['tier'] or '-':<9} {tried} {r['seconds']:>6.1f} s  {r['operator']}"


def summary(results):
    def share(part, whole):
        return round(100 * len(part) / len(whole), 1) if whole else 0.0

    repaired = [r for r in results if r["outcome"] == "repaired"]
    wrong = [r for r in results if r["outcome"] == "claimed wrongly"]
    claims = repaired + wrong
    operators, tiers, packages = {}, {}, {}
    for r in results:
        for table, key in ((operators, r["operator"]), (packages, r["id"].rsplit("-", 1)[0])):
            row = table.setdefault(key, {"bugs": 0, "repaired": 0, "wrong": 0})
            row["bugs"] += 1
            row["repaired"] += r["outcome"] == "repaired"
            row["wrong"] += r["outcome"] == "claimed wrongly"
        if r["outcome"] == "repaired":
            tiers[r["tier"]] = tiers.get(r["tier"], 0) + 1
    return {
        "bugs": len(results),
        "repaired": len(repaired),
        "repaired_percent": share(repaired, results),
        "repaired_within_60_s_percent": share([r for r in repaired if r["seconds"] <= 60], results),
        "wrong_claims": len(wrong),
        "wrong_claims_percent_of_bugs": share(wrong, results),
        "wrong_claims_percent_of_claims": share(wrong, claims),
        "crashed": sum(r["outcome"] == "crashed" for r in results),
        "median_seconds_repaired": statistics.median([r["seconds"] for r in repaired]) if repaired else None,
        "median_seconds_all": statistics.median([r["seconds"] for r in results]) if results else None,
        "tiers": tiers,
        "packages": dict(sorted(packages.items())),
        "operators": dict(sorted(operators.items())),
    }


def text(report):
    lines = [f"{key:<34} {value}" for key, value in report.items() if not isinstance(value, dict)]
    lines.append(f"{'by generator':<34} {report['tiers']}")
    for table in ("packages", "operators"):
        lines.append(f"\n{table:<24} bugs repaired wrong")
        for key, row in report[table].items():
            lines.append(f"{key:<24} {row['bugs']:>4} {row['repaired']:>8} {row['wrong']:>5}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
