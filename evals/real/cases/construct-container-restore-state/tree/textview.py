"""Shows values in text."""

WIDTH = 40


def one_line(value):
    """Return a description of `value` which is not too long."""
    text = repr(value)
    if len(text) > WIDTH:
        return f"{text[:WIDTH - 3]}... ({len(text)} characters)"
    return text


def indent(text, by="    "):
    return "\n".join(by + line if line else line for line in text.split("\n"))
