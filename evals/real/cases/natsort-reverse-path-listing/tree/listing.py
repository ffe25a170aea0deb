"""List paths directory by directory, in natural order."""

import argparse
import posixpath
import sys

from natkey import PATTERNS, natural_key, natural_sorted


class Range:
    """Keeps the names that hold at least one number between two bounds."""

    def __init__(self, low, high, kind="digit"):
        if low >= high:
            raise ValueError("the lower bound must be below the upper one")
        self.low = low
        self.high = high
        self.pattern = PATTERNS[kind][0]

    def accepts(self, name):
        numbers = self.pattern.findall(name)
        return any(self.low <= float(number) <= self.high for number in numbers)


def group_by_directory(paths):
    """A mapping from directory to the names in it, in the order of `paths`."""
    groups = {}
    for path in paths:
        directory, name = posixpath.split(path)
        try:
            groups[directory].append(name)
        except KeyError:
            groups[directory] = [name]
    return groups


def write_paths(groups, out, kind="digit", reverse=False, keep=None, exclude=None):
    """Sort the names within each directory and write the paths, one a line.

    Directories always ascend; `reverse` is about the names in them. Names that compare equal
    keep the order they were given in, either way. The sorted groups are what a later summary
    or a second listing works on.
    """
    for directory in natural_sorted(groups.keys(), kind):
        groups[directory].sort(key=lambda name: natural_key(name, kind))
        if reverse:
            groups[directory] = reversed(groups[directory])
        for name in groups[directory]:
            if keep is not None and not keep.accepts(name):
                continue
            if exclude and exclude in name:
                continue
            print(posixpath.join(directory, name), file=out)


def write_summary(groups, out):
    """One line per directory with the number of names in it, then the total."""
    total = 0
    for directory in natural_sorted(groups):
        count = len(groups[directory])
        total += count
        print(f"{directory or '.'}: {count}", file=out)
    print(f"total: {total}", file=out)


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(description="List paths in natural order.")
    parser.add_argument("paths", nargs="*", help="paths to list (standard input if none)")
    parser.add_argument("-t", "--number-type", choices=sorted(PATTERNS), default="digit")
    parser.add_argument("-r", "--reverse", action="store_true")
    parser.add_argument("-f", "--filter", nargs=2, type=float, metavar=("LOW", "HIGH"))
    parser.add_argument("-e", "--exclude", default="")
    parser.add_argument("-s", "--summary", action="store_true")
    return parser.parse_args(arguments)


def main(arguments=None, stdin=None, out=None):
    options = parse_arguments(arguments)
    out = out or sys.stdout
    paths = options.paths or [line.rstrip("\n") for line in stdin or sys.stdin]
    keep = Range(*options.filter, kind=options.number_type) if options.filter else None
    groups = group_by_directory(paths)
    write_paths(
        groups,
        out,
        kind=options.number_type,
        reverse=options.reverse,
        keep=keep,
        exclude=options.exclude,
    )
    if options.summary:
        write_summary(groups, out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
