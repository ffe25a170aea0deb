#!/usr/bin/env python3
"""Reviews the last commits of a repository and counts what is found.

    history.py GIT_DIR [--name OWNER/NAME] [--commits 300] [--reviewer CMD] > findings.jsonl

CMD is run once a commit, with {git} and {commit} filled in, and prints findings as JSON: an object with
"findings", or one object a line. The totals go to standard error; precision.py judges them by the labels in
labels.tsv.
"""

import argparse
import json
import shlex
import subprocess
import sys
from collections import Counter

DEFAULT = "slm review --root {git} --range {commit}^..{commit} --json"


def findings(command, git, commit):
    """The findings of one commit."""
    words = [word.format(git=git, commit=commit) for word in shlex.split(command)]
    text = subprocess.run(words, stdout=subprocess.PIPE, text=True).stdout.strip()
    try:
        whole = json.loads(text)
        found = whole.get("findings", [whole]) if isinstance(whole, dict) else whole
    except ValueError:
        found = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    return [one for one in found if "rule" in one]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("git")
    parser.add_argument("--name", default="", help="of the repository, as labels.tsv has it")
    parser.add_argument("--commits", type=int, default=300)
    parser.add_argument("--reviewer", default=DEFAULT)
    options = parser.parse_args()
    listing = ["git", "--git-dir", options.git, "rev-list", "--no-merges", "-n", str(options.commits), "HEAD"]
    commits = subprocess.run(listing, stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    count = Counter()
    for commit in commits:
        for one in findings(options.reviewer, options.git, commit):
            count[one["severity"]] += 1
            print(json.dumps({"repository": options.name, "commit": commit, **one}))
    stops = (count["blocks"] + count["warns"]) / max(len(commits), 1)
    print(f"{len(commits)} commits, {dict(count)}, {stops:.3f} a commit that block or warn", file=sys.stderr)


if __name__ == "__main__":
    main()
