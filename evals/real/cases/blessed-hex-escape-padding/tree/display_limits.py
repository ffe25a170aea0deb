#!/usr/bin/env python3
"""Displays the limits and control characters of a terminal."""

import os
import sys

LIMITS = (
    ("PC_MAX_CANON", "Longest line of input in canonical mode."),
    ("PC_MAX_INPUT", "Space in the queue of input."),
    ("PC_PIPE_BUF", "Bytes written to a pipe at once."),
    ("PC_VDISABLE", "Value that disables a control character."),
)
CONTROLS = (
    ("VINTR", 0, "Interrupts the program."),
    ("VQUIT", 1, "Ends the program with a core dump."),
    ("VERASE", 2, "Erases the last character."),
    ("VKILL", 3, "Erases the line."),
    ("VEOF", 4, "Ends the input."),
    ("VSUSP", 10, "Suspends the program."),
)
ROW = "{name:<13} {value:<12} {description}"


def describe_error(error):
    return "error {0.errno}".format(error)


def caret(code):
    """Return the usual notation of a control character, or None if there is none."""
    if code < 32:
        return "^" + chr(code + 64)
    if code == 127:
        return "^?"
    return None


def limit_value(name, query, known):
    """Return what is shown for the limit `name`.

    `query(name)` asks the system; `known` holds the names which the system has.
    """
    if name not in known:
        return "undefined"
    try:
        value = query(name)
    except OSError as error:
        return describe_error(error)
    if value < 0:
        return "no limit"
    if name == "PC_VDISABLE":
        return r"\x{0:2x}".format(value)
    return str(value)


def control_value(code, disabled):
    """Return what is shown for a control character; `disabled` is the value that means none."""
    if code == disabled:
        return "disabled"
    notation = caret(code)
    if notation is not None:
        return notation
    if 32 < code < 127:
        return chr(code)
    return "{0:d} (0x{0:02x})".format(code)


def heading():
    yield ROW.format(name="name", value="value", description="description")
    yield ROW.replace(":<", ":-<").format(name="", value="", description="-" * 11)


def limit_rows(query, known):
    for name, description in LIMITS:
        yield ROW.format(name=name, value=limit_value(name, query, known), description=description)


def control_rows(characters, disabled):
    """Rows for the control characters, given the list of codes of a terminal."""
    for name, index, description in CONTROLS:
        if index < len(characters):
            value = control_value(characters[index], disabled)
            yield ROW.format(name=name, value=value, description=description)


def report(query, known, characters=(), disabled=0):
    """Return the whole table as text."""
    lines = list(heading())
    lines.extend(limit_rows(query, known))
    if characters:
        lines.append("")
        lines.extend(control_rows(characters, disabled))
    return "\n".join(line.rstrip() for line in lines)


def main():
    descriptor = sys.stdin.fileno()
    print(report(lambda name: os.fpathconf(descriptor, name), os.pathconf_names))


if __name__ == "__main__":
    main()
