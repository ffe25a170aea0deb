"""The front of the framework."""

from redirect import install_ext

_redirect = install_ext(__name__)

#: Extensions, by their short names.
ext = _redirect.module


def extensions():
    """Return the short names of the extensions which have been imported."""
    return sorted(ext.__all__)


def run(handler, *requests):
    """Call `handler` for each request and return the answers as text."""
    answers = []
    for request in requests:
        answer = handler(request)
        answers.append(answer if isinstance(answer, str) else repr(answer))
    return answers
