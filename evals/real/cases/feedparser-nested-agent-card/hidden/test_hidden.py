import unittest

from cards import CardReader


def lines(markup):
    return CardReader(markup).read().splitlines()


class AgentTest(unittest.TestCase):
    def test_agent_before_the_name(self):
        found = lines(
            '<div class="vcard"><p class="agent vcard"><b class="fn">Bo</b></p><b class="fn">Ann</b></div>'
        )
        self.assertEqual(found[1:], ["AGENT:BEGIN:CARD\\nFN:Bo\\nEND:CARD\\n", "FN:Ann", "END:CARD"])

    def test_properties_that_may_come_often(self):
        found = lines(
            '<div class="vcard"><a class="email" href="mailto:ann@x.org">m</a><p class="agent vcard">'
            '<a class="email" href="mailto:bo@x.org">m</a><i class="category">k</i></p>'
            '<i class="tel">1</i></div>'
        )
        self.assertEqual(found[2:], ["EMAIL:ann@x.org", "TEL:1", "END:CARD"])

    def test_deep_inside_of_the_agent(self):
        found = lines(
            '<div class="vcard"><p class="agent vcard"><span><span class="tel">2</span></span></p><hr></div>'
        )
        self.assertEqual(found, ["BEGIN:CARD", "AGENT:BEGIN:CARD\\nTEL:2\\nEND:CARD\\n", "END:CARD"])

    def test_two_agents(self):
        found = lines(
            '<div class="vcard"><p class="agent vcard"><b class="fn">Bo</b></p>'
            '<p class="agent vcard"><b class="note">Cy</b></p><b class="fn">Ann</b></div>'
        )
        self.assertEqual(found[3:], ["FN:Ann", "END:CARD"])
        self.assertEqual(len(found), 5)

    def test_card_after_a_card_with_an_agent(self):
        found = lines(
            '<div class="vcard"><p class="agent vcard"><b class="fn">Bo</b></p></div>'
            '<div class="vcard"><b class="fn">Dee</b></div>'
        )
        self.assertEqual(found[3:], ["BEGIN:CARD", "FN:Dee", "END:CARD"])

    def test_empty_agent(self):
        found = lines('<div class="vcard"><b class="fn">Ann</b><p class="agent vcard"></p></div>')
        self.assertEqual(found, ["BEGIN:CARD", "AGENT:BEGIN:CARD\\nEND:CARD\\n", "FN:Ann", "END:CARD"])


if __name__ == "__main__":
    unittest.main()
