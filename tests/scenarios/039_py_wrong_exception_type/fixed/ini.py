"""Reads `key = value` lines under `[section]` heads."""


def convert(text):
    """Whole numbers become int, yes and no become bool, the rest stays text."""
    lowered = text.lower()
    if lowered in ("yes", "no"):
        return lowered == "yes"
    try:
        return int(text)
    except ValueError:
        return text


def parse(text):
    sections = {}
    current = sections.setdefault("", {})
    for line in text.splitlines():
        line = line.split(";")[0].strip()
        if not line:
            continue
        if line.startswith("[") and line.endswith("]"):
            current = sections.setdefault(line[1:-1], {})
            continue
        key, _, value = line.partition("=")
        current[key.strip()] = convert(value.strip())
    return sections
