"""Command line: parse a document and show its tree."""

import argparse
import sys

import builders
from markup import Parser


def make_argument_parser():
    parser = argparse.ArgumentParser(prog="tool", description=__doc__)
    parser.add_argument("file", nargs="?", help="document to read (default: standard input)")
    parser.add_argument("-b", "--builder", help="builder to use: simple, outline or silent")
    parser.add_argument("-c", "--count", action="store_true", help="show how many tokens were read")
    parser.add_argument("--no-tree", action="store_true", help="do not show the tree")
    return parser


def choose_builder(name):
    """Return the builder class called `name`, or the one for no name."""
    if name:
        try:
            builder = getattr(builders, name.capitalize() + "Builder")
        except AttributeError:
            raise SystemExit(f"there is no builder called {name}") from None
    else:
        builder = builders
    return builder


def read_document(path, stdin):
    if path is None or path == "-":
        return stdin.read()
    with open(path, encoding="utf-8") as stream:
        return stream.read()


def run(arguments, stdin, stdout):
    options = make_argument_parser().parse_args(arguments)
    parser = Parser(choose_builder(options.builder))
    tree = parser.parse(read_document(options.file, stdin))
    if not options.no_tree:
        print(tree.dump(), file=stdout)
    if options.count:
        print(f"{parser.tokens} tokens", file=stdout)
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:], sys.stdin, sys.stdout))
