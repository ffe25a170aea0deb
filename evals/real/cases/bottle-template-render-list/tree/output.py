"""What templates use to write values."""

from html import escape


class TemplateError(Exception):
    pass


def as_text(value):
    """Return what is shown for `value`; nothing for None."""
    return "" if value is None else str(value)


def escape_html(value):
    return escape(as_text(value))
