"""Phrase books: the words of one language, read from small text files."""

import os


class PhraseBookMissing(LookupError):
    """There is no phrase book for a language."""


class PhraseBook:
    """Translations of phrases, with plural forms after a bar."""

    def __init__(self, language, phrases):
        self.language = language
        self._phrases = dict(phrases)

    def say(self, phrase):
        return self._phrases.get(phrase, phrase)

    def say_number(self, one, many, number):
        known = self._phrases.get(f"{one}|{many}", f"{one}|{many}")
        singular, _, plural = known.partition("|")
        return singular if number == 1 else plural or singular


def load(language, folder):
    """Read the phrase book of a language: lines of phrase, equal sign and translation."""
    path = os.path.join(folder, f"{language}.txt")
    if not os.path.isfile(path):
        raise PhraseBookMissing(language)
    phrases = {}
    with open(path, encoding="utf-8") as stream:
        for line in stream:
            phrase, equal, translation = line.strip().partition(" = ")
            if equal and not phrase.startswith("#"):
                phrases[phrase] = translation
    return PhraseBook(language, phrases)
