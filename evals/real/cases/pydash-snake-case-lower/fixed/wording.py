"""Changing the style in which words are put together."""

import re

WORD = re.compile(
    r"""
    [A-Z]+(?=[A-Z][a-z])        # an abbreviation before a capitalised word
    | [A-Z]?[a-z]+              # a word, capitalised or not
    | [A-Z]+                    # an abbreviation
    | [0-9]+                    # a number
    """,
    re.VERBOSE,
)

SENTENCE_END = ".!?"


def to_text(value):
    """The text to work on: nothing for None, and numbers as they are written."""
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8")
    return str(value)


def words(text):
    """The words of a text, whatever they are put together by."""
    return WORD.findall(to_text(text))


def capitalize(text, strict=True):
    """The first letter as a capital; with `strict` the others as small letters."""
    text = to_text(text)
    rest = text[1:].lower() if strict else text[1:]
    return text[:1].upper() + rest


def camel_case(text):
    """Such as `maxWidth`."""
    joined = "".join(capitalize(word) for word in words(text))
    return joined[:1].lower() + joined[1:]


def pascal_case(text):
    """Such as `MaxWidth`."""
    return "".join(capitalize(word) for word in words(text))


def kebab_case(text):
    """Such as `max-width`."""
    return "-".join(word.lower() for word in words(text) if word)


def snake_case(text):
    """Such as `max_width`."""
    return "_".join(word.lower() for word in words(text) if word)


def constant_case(text):
    """Such as `MAX_WIDTH`."""
    return snake_case(text).upper()


def start_case(text):
    """Such as `Max Width`."""
    return " ".join(capitalize(word, strict=False) for word in words(text))


def human_case(text):
    """Such as `Max width`; a trailing `id` is dropped."""
    parts = [word.lower() for word in words(text)]
    if len(parts) > 1 and parts[-1] == "id":
        parts.pop()
    return capitalize(" ".join(parts))


def initials(text):
    return "".join(word[0].upper() for word in words(text))


def truncate(text, length=30, omission="..."):
    """Cut to a length, omission included, if possible between two words."""
    text = to_text(text)
    if len(text) <= length:
        return text
    kept = text[:max(length - len(omission), 0)]
    place = kept.rfind(" ")
    if place > 0:
        kept = kept[:place].rstrip(SENTENCE_END + ",;: ")
    return kept + omission


def rename_keys(mapping, style=snake_case):
    """A mapping with its keys, and those of mappings in it, in another style."""
    renamed = {}
    for key, value in mapping.items():
        renamed[style(key)] = rename_keys(value, style) if isinstance(value, dict) else value
    return renamed
