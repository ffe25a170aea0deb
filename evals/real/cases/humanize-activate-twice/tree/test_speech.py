import os
import tempfile
import unittest

import speech
from phrases import PhraseBookMissing

GERMAN = """# German
now = jetzt
two = zwei
{t} ago = vor {t}
{n} day|{n} days = {n} Tag|{n} Tagen
{n} hour|{n} hours = {n} Stunde|{n} Stunden
"""


class SpeechTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(speech.forget_books)
        self.folder = folder.name
        with open(os.path.join(self.folder, "de.txt"), "w", encoding="utf-8") as stream:
            stream.write(GERMAN)

    def test_english(self):
        self.assertEqual(speech.duration(61), "1 minute")
        self.assertEqual(speech.ago(-7200), "in 2 hours")

    def test_german(self):
        book = speech.activate("de", self.folder)
        self.assertEqual(book.language, "de")
        self.assertEqual(speech.ago(3 * 86400), "vor 3 Tagen")
        self.assertEqual(speech.number_word(2), "zwei")

    def test_back_to_english(self):
        speech.activate("de", self.folder)
        speech.deactivate()
        self.assertEqual(speech.ago(0), "now")

    def test_activate_again(self):
        first = speech.activate("de", self.folder)
        speech.deactivate()
        self.assertIs(speech.activate("de", self.folder), first)
        self.assertEqual(speech.ago(0), "jetzt")

    def test_missing_book(self):
        with self.assertRaises(PhraseBookMissing):
            speech.activate("fr", self.folder)


if __name__ == "__main__":
    unittest.main()
