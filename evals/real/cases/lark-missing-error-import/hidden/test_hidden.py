import unittest

from errors import LexError, UnexpectedCharacters
from lexer import Lexer, pattern


class DefinitionTest(unittest.TestCase):
    def message(self, *arguments):
        with self.assertRaises(LexError) as caught:
            Lexer(*arguments)
        return str(caught.exception)

    def test_twice(self):
        definitions = [pattern("A", "a"), pattern("A", "b")]
        self.assertEqual(self.message(definitions), "token A is defined twice")

    def test_bad_pattern(self):
        self.assertTrue(self.message([pattern("A", "(")]).startswith("cannot compile token A: "))

    def test_unknown_ignored(self):
        message = self.message([pattern("A", "a")], ["C", "B"])
        self.assertEqual(message, "ignored tokens are not defined: B, C")

    def test_empty_match(self):
        self.assertEqual(self.message([pattern("A", "a?")]), "token A matches the empty string")

    def test_unexpected_characters(self):
        with self.assertRaises(UnexpectedCharacters):
            list(Lexer([pattern("A", "a")]).lex("ab"))
