"""The wording of errors."""

MESSAGES = {
    "unexpected-start-tag-after-body": "Unexpected start tag ({name}) after the body.",
    "unexpected-end-tag": "Unexpected end tag ({name}).",
    "unexpected-end-tag-implies-element": "Unexpected end tag ({name}) makes an empty element.",
    "expected-one-end-tag-but-got-another": "Unexpected end tag ({got}). Expected end tag ({expected}).",
    "end-tag-too-early": "End tag ({name}) comes while {inner} is open.",
    "expected-closing-tag-but-got-eof": "Unexpected end of file. Expected end tag ({name}).",
    "non-void-element-with-trailing-solidus": "Trailing solidus not allowed on element {name}.",
}


def describe(code, details):
    """Return the message for an error."""
    return MESSAGES.get(code, code).format(**details)
