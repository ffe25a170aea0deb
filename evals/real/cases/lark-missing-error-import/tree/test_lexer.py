import unittest

from errors import LexError, UnexpectedCharacters
from lexer import Lexer, Token, keywords, pattern

DEFINITIONS = [pattern("NAME", "[a-z]+"), pattern("NUMBER", "[0-9]+"), pattern("SPACE", r"\s+")]


def types(text, *more):
    lexer = Lexer(DEFINITIONS + list(more), ignore=["SPACE"])
    return [(token.type, str(token)) for token in lexer.lex(text)]


class LexTest(unittest.TestCase):
    def test_tokens(self):
        self.assertEqual(types("ab 12"), [("NAME", "ab"), ("NUMBER", "12")])

    def test_keywords(self):
        self.assertEqual(types("if x", *keywords("if")), [("IF", "if"), ("NAME", "x")])

    def test_places(self):
        tokens = list(Lexer(DEFINITIONS, ["SPACE"]).lex("a\n  b"))
        self.assertEqual([(token.line, token.column) for token in tokens], [(1, 0), (2, 2)])

    def test_callback(self):
        callbacks = {"NAME": lambda token: Token.like("WORD", token.upper(), token)}
        tokens = Lexer(DEFINITIONS, ["SPACE"], callbacks).lex("ab 1")
        self.assertEqual([repr(token) for token in tokens], ["Token('WORD', 'AB')", "Token('NUMBER', '1')"])

    def test_unexpected(self):
        with self.assertRaises(UnexpectedCharacters) as caught:
            list(Lexer(DEFINITIONS).lex("ab\n!"))
        self.assertEqual((caught.exception.line, caught.exception.column), (2, 0))


class DefinitionTest(unittest.TestCase):
    def test_empty_match_is_refused(self):
        with self.assertRaises(LexError):
            Lexer([pattern("MAYBE", "a*")])
