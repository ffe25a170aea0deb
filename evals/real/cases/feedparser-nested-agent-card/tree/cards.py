"""Finds visiting cards that are marked up by classes, and writes them as card files."""

from soup import make_soup

SINGLE = ("fn", "nickname", "title", "role", "note")
LINKS = ("url", "photo")
FOLD_AT = 75


def escape(text):
    """Quote the signs that divide values."""
    return text.replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;").replace("\n", "\\n")


def fold(line):
    """Break a long line; the further lines begin with a blank."""
    if len(line) <= FOLD_AT:
        return line
    pieces = [line[:FOLD_AT]]
    rest = line[FOLD_AT:]
    while rest:
        pieces.append(" " + rest[:FOLD_AT - 1])
        rest = rest[FOLD_AT - 1:]
    return "\n".join(pieces)


class CardReader:
    """Reads the cards of a page."""

    def __init__(self, markup):
        self.root = make_soup(markup)

    def read(self):
        """Return the texts of all cards that are not part of another one."""
        return self.find_cards(self.root)

    def find_cards(self, root, is_agent=False):
        if is_agent:
            elements = [root]
        else:
            elements = [card for card in root.find_class("vcard") if not self._is_nested(card)]
        return "\n".join(self._write(element) for element in elements)

    def _is_nested(self, element):
        parent = element.parent
        while parent is not None:
            if "vcard" in parent.classes():
                return True
            parent = parent.parent
        return False

    def _value(self, element):
        values = element.find_class("value")
        return " ".join(value.all_text() for value in values) or element.all_text()

    def _link(self, element):
        return element.get("href") or element.get("src") or self._value(element)

    def _write(self, card):
        lines = []

        # The agents go first, as a card within the card is taken out of the tree, so that its
        # properties do not mix with those of the card around it.
        for agent in card.find_class("agent"):
            if "vcard" in agent.classes():
                inner = self.find_cards(agent, is_agent=True)
                if inner:
                    lines.append("AGENT:" + escape(inner + "\n"))
                agent["class"] = ""
                agent.contents = []
                agent.extract()
            else:
                lines.append("AGENT;VALUE=uri:" + self._link(agent))

        for name in SINGLE:
            found = card.find_class(name)
            if found:
                lines.append(f"{name.upper()}:{escape(self._value(found[0]))}")

        for name in LINKS:
            for element in card.find_class(name):
                lines.append(f"{name.upper()};VALUE=uri:{self._link(element)}")

        for element in card.find_class("email"):
            address = element.get("href").removeprefix("mailto:").partition("?")[0]
            lines.append(f"EMAIL:{address or self._value(element)}")

        for element in card.find_class("tel"):
            kinds = [kind.all_text().lower() for kind in element.find_class("type")]
            parameter = ";TYPE=" + ",".join(kinds) if kinds else ""
            lines.append(f"TEL{parameter}:{self._value(element)}")

        categories = [escape(self._value(element)) for element in card.find_class("category")]
        if categories:
            lines.append("CATEGORIES:" + ",".join(categories))

        return "\n".join(fold(line) for line in ["BEGIN:CARD", *lines, "END:CARD"])
