"""What can go wrong."""


class LexError(Exception):
    """The definitions or the text cannot be used."""


class UnexpectedCharacters(LexError):
    def __init__(self, text, position, line, column):
        self.line = line
        self.column = column
        excerpt = text[position:position + 5]
        super().__init__(f"no token at line {line}, column {column}: {excerpt!r}")
