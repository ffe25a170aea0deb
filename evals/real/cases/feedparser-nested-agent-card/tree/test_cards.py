import unittest

from cards import CardReader, fold
from soup import make_soup


class CardReaderTest(unittest.TestCase):
    def test_simple_card(self):
        markup = '<div class="vcard"><b class="fn">Ann Lee</b> <a class="url" href="/ann">x</a></div>'
        self.assertEqual(
            CardReader(markup).read().splitlines(),
            ["BEGIN:CARD", "FN:Ann Lee", "URL;VALUE=uri:/ann", "END:CARD"],
        )

    def test_agent_by_address(self):
        markup = '<p class="vcard"><b class="fn">Ann</b><a class="agent" href="/bo">Bo</a></p>'
        self.assertIn("AGENT;VALUE=uri:/bo", CardReader(markup).read())

    def test_agent_with_a_card(self):
        markup = """<div class="vcard"><b class="fn">Ann</b>
            <div class="agent vcard"><b class="fn">Bo</b><i class="role">Clerk</i></div>
            <p class="note">Away</p></div>"""
        self.assertEqual(
            CardReader(markup).read().splitlines(),
            [
                "BEGIN:CARD",
                "AGENT:BEGIN:CARD\\nFN:Bo\\nROLE:Clerk\\nEND:CARD\\n",
                "FN:Ann",
                "NOTE:Away",
                "END:CARD",
            ],
        )

    def test_two_cards(self):
        markup = '<p class="vcard"><b class="fn">A</b></p><p class="vcard"><b class="fn">B</b></p>'
        self.assertEqual(CardReader(markup).read().count("BEGIN:CARD"), 2)

    def test_fold(self):
        self.assertEqual(fold("x" * 76), "x" * 75 + "\n x")


class SoupTest(unittest.TestCase):
    def test_extract(self):
        root = make_soup("<a><b><c></c></b><d></d></a>")
        taken = root.contents[0].contents[0].extract()
        self.assertEqual([element.name for element in root.inside()], ["a", "d"])
        self.assertEqual([element.name for element in taken.inside()], ["c"])


if __name__ == "__main__":
    unittest.main()
