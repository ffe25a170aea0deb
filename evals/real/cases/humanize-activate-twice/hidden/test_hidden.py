import os
import tempfile
import threading
import unittest

import speech
from phrases import PhraseBookMissing


class ActivateTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(speech.forget_books)
        self.folder = folder.name
        self.write("de", "now = jetzt")
        self.write("nl", "now = nu")

    def write(self, language, text):
        with open(os.path.join(self.folder, f"{language}.txt"), "w", encoding="utf-8") as stream:
            stream.write(text + "\n")

    def test_three_times_without_a_break(self):
        books = [speech.activate("nl", self.folder) for _ in range(3)]
        self.assertIs(books[0], books[2])
        self.assertEqual(books[1].say("now"), "nu")

    def test_two_languages_in_turn(self):
        spoken = []
        for language in ("de", "nl", "de", "nl"):
            self.assertEqual(speech.activate(language, self.folder).language, language)
            spoken.append(speech.ago(0))
        self.assertEqual(spoken, ["jetzt", "nu", "jetzt", "nu"])

    def test_a_book_is_read_once(self):
        speech.activate("de", self.folder)
        self.write("de", "now = sofort")
        self.assertEqual(speech.activate("de", self.folder).say("now"), "jetzt")

    def test_no_language(self):
        speech.activate("de", self.folder)
        self.assertIsNone(speech.activate(None).language)
        self.assertEqual(speech.ago(0), "now")

    def test_in_another_thread(self):
        speech.activate("de", self.folder)
        spoken = []

        def speak():
            spoken.append(speech.ago(0))
            spoken.append(speech.activate("de").say("now"))

        thread = threading.Thread(target=speak)
        thread.start()
        thread.join()
        self.assertEqual(spoken, ["now", "jetzt"])

    def test_the_language_stays_when_a_book_is_missing(self):
        speech.activate("de", self.folder)
        with self.assertRaises(PhraseBookMissing):
            speech.activate("fr", self.folder)
        self.assertEqual(speech.ago(0), "jetzt")


if __name__ == "__main__":
    unittest.main()
