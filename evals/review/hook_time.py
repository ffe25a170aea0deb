#!/usr/bin/env python3
"""How long a commit waits for slm: `slm hook run pre-commit` on real commits.

    hook_time.py GIT_DIR ... [--slm slm] [--commits 20] [--files 4-6] [--runs 5] [--json]

Each repository is cloned into a scratch directory. For the last commits without merges that change so many files,
their parent is checked out and their tree is staged, as it was when they were made. The first run of a commit is
not counted: it warms the file system's cache. Reported are the median, the 90th percentile and the longest, over the
medians of the commits.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time


def git(directory, *words, check=True):
    env = dict(os.environ, GIT_NO_LAZY_FETCH="1")
    done = subprocess.run(["git", "-C", directory, *words], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if check and done.returncode:
        raise RuntimeError(f"git {words[0]}: {done.stderr.strip()}")
    return done.stdout


def commits(directory, count, least, most):
    """The last commits that change between `least` and `most` files."""
    found = []
    for commit in git(directory, "rev-list", "--no-merges", "--min-parents=1", "-n", "3000", "HEAD").split():
        names = git(directory, "diff-tree", "-r", "--name-only", f"{commit}^", commit).split("\n")
        if least <= len(names) - 1 <= most:
            found.append(commit)
        if len(found) == count:
            break
    return found


def stage(directory, commit):
    """The work tree and the index of a commit that is about to be made."""
    git(directory, "checkout", "-q", "-f", "--detach", f"{commit}^")
    git(directory, "clean", "-q", "-f", "-d", "-x")
    git(directory, "read-tree", "-m", "-u", "HEAD", commit)


def milliseconds(slm, directory, home):
    """One run of the hook. Its exit status says whether something blocks, which is no matter here."""
    env = {"PATH": os.environ["PATH"], "HOME": home}
    started = time.perf_counter()
    done = subprocess.run([slm, "hook", "run", "pre-commit"], cwd=directory, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stdout.decode(errors="replace"))
    return 1000 * (time.perf_counter() - started)


def measure(source, options):
    with tempfile.TemporaryDirectory() as scratch:
        directory, home = os.path.join(scratch, "clone"), os.path.join(scratch, "home")
        os.mkdir(home)
        subprocess.run(["git", "clone", "-q", "--shared", os.path.abspath(source), directory], check=True)
        times = []
        for commit in commits(directory, options.commits, *options.files):
            stage(directory, commit)
            milliseconds(options.slm, directory, home)
            times.append(statistics.median(milliseconds(options.slm, directory, home) for _ in range(options.runs)))
        tracked = len(git(directory, "ls-files").split("\n")) - 1
    return tracked, times


def spread(text):
    least, most = text.split("-")
    return int(least), int(most)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("git", nargs="+")
    parser.add_argument("--slm", default="slm")
    parser.add_argument("--commits", type=int, default=20)
    parser.add_argument("--files", type=spread, default=(4, 6), metavar="LEAST-MOST")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    for source in options.git:
        tracked, times = measure(source, options)
        if len(times) < 2:
            sys.exit(f"{source}: too few commits of so many files")
        ninth = statistics.quantiles(times, n=10)[-1]
        if options.json:
            print(json.dumps({"repository": source, "files": tracked, "ms": times}))
        else:
            print(
                f"{source}: {tracked} files, {len(times)} commits: median {statistics.median(times):.0f} ms, "
                f"90th percentile {ninth:.0f}, longest {max(times):.0f}"
            )


if __name__ == "__main__":
    main()
