"""What the collation of the current locale does with letters."""

import locale


class Collation:
    """Answers about the locale library; each answer costs a transformation of sample text."""

    def transform(self, text):
        return locale.strxfrm(text)

    def capitals_first(self):
        """Whether this library simply sorts capitals before small letters, as some do."""
        return self.transform("A") < self.transform("a") and self.transform("B") < self.transform("a")
