"""Times and numbers in words, in the language that is active in this thread."""

import os
import threading

import phrases

_DEFAULT_FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "books")
_BOOKS = {None: phrases.PhraseBook(None, {})}
_ACTIVE = threading.local()

UNITS = (
    (86400, "{n} day", "{n} days"),
    (3600, "{n} hour", "{n} hours"),
    (60, "{n} minute", "{n} minutes"),
    (1, "{n} second", "{n} seconds"),
)
SMALL = ("none", "one", "two", "three", "four", "five")


def active_book():
    """Return the phrase book in use."""
    return _BOOKS[getattr(_ACTIVE, "language", None)]


def activate(language, folder=None):
    """Make a language the active one and return its phrase book.

    The book is looked for in `folder`, or in the one that comes with this module. Each book is
    read once.
    """
    if folder is None:
        folder = _DEFAULT_FOLDER
    if language not in _BOOKS:
        book = phrases.load(language, folder)
        _BOOKS[language] = book
    _ACTIVE.language = language
    return _BOOKS[language]


def deactivate():
    """Speak English again."""
    _ACTIVE.language = None


def forget_books():
    """Read every book anew when it is next activated."""
    deactivate()
    for language in [language for language in _BOOKS if language is not None]:
        del _BOOKS[language]


def duration(seconds):
    """Say a number of seconds in the largest unit that fits."""
    seconds = int(seconds)
    for size, one, many in UNITS:
        if abs(seconds) >= size:
            number = abs(seconds) // size
            return active_book().say_number(one, many, number).format(n=number)
    return active_book().say("now")


def ago(seconds):
    """Say how long ago, or how far ahead, a moment is."""
    said = duration(seconds)
    if int(seconds) == 0:
        return said
    return active_book().say("{t} ago" if seconds > 0 else "in {t}").format(t=said)


def number_word(number):
    """Say a small number as a word, a larger one in digits."""
    if 0 <= number < len(SMALL):
        return active_book().say(SMALL[number])
    return str(number)
