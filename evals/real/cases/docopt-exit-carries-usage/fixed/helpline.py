"""Command lines described by the usage section of a help text."""

import re
import sys


class HelpTextError(Exception):
    """The help text itself is malformed."""


class CommandLineExit(SystemExit):
    """The command line does not fit the usage; shows the usage and ends the program."""

    usage = ""

    def __init__(self, message=""):
        super().__init__(f"{message}\n{self.usage}".strip())


def find_sections(title, text):
    """Return the sections of `text` whose heading contains `title`, each with its indented lines."""
    heading_and_lines = rf"^([^\n]*{re.escape(title)}[^\n]*\n?(?:[ \t].*?(?:\n|$))*)"
    found = re.findall(heading_and_lines, text, re.IGNORECASE | re.MULTILINE)
    return [section.strip() for section in found]


def usage_lines(section):
    """Split a usage section into the word lists of its alternatives."""
    _, _, body = section.partition(":")
    words = body.split()
    if not words:
        raise HelpTextError("the usage names no program")
    program, alternatives = words[0], [[]]
    for word in words[1:]:
        if word == program:
            alternatives.append([])
        else:
            alternatives[-1].append(word)
    return alternatives


def known_options(text):
    """Collect the defaults of the options described under a heading with "options:"."""
    options = {}
    for section in find_sections("options:", text):
        for line in section.splitlines():
            described = re.match(r"\s*(--[\w-]+)(?:=(\S+))?", line)
            if described:
                name, argument = described.groups()
                default = re.search(r"\[default: (.*)\]", line)
                options[name] = default.group(1) if default else (None if argument else False)
    return options


def take_options(words, options):
    """Separate the options among `words` from the rest."""
    values, rest = dict(options), []
    for word in words:
        if not word.startswith("--"):
            rest.append(word)
            continue
        name, given, value = word.partition("=")
        if name not in options:
            raise CommandLineExit(f"unknown option {name}")
        if bool(given) != (options[name] is not False):
            raise CommandLineExit(f"{name} is used wrongly")
        values[name] = value if given else True
    return values, rest


def match(alternative, words):
    """Return the values of an alternative for `words`, or None where it does not fit."""
    alternative = [word for word in alternative if word != "[options]"]
    if len(alternative) != len(words):
        return None
    values = {}
    for expected, word in zip(alternative, words):
        if expected.startswith("<"):
            values[expected] = word
        elif expected != word:
            return None
        else:
            values[expected] = True
    return values


def parse(text, argv=None):
    """Parse `argv` by the help text and return a dictionary of options, commands and arguments."""
    argv = sys.argv[1:] if argv is None else argv

    sections = find_sections("usage:", text)
    if not sections:
        raise HelpTextError('there is no "usage:" in the help text')
    if len(sections) > 1:
        raise HelpTextError('there is more than one "usage:" in the help text')
    CommandLineExit.usage = sections[0]

    alternatives = usage_lines(CommandLineExit.usage)
    values, words = take_options(argv, known_options(text))
    for alternative in alternatives:
        found = match(alternative, words)
        if found is not None:
            return {**values, **found}
    raise CommandLineExit()
