import unittest

from binform import BYTE, SHORT, Deferred, Layout, Mapped, Repeat, ShortRead


class HiddenDeferredTest(unittest.TestCase):
    def test_in_layout(self):
        whole = Layout(body=Deferred(SHORT), tail=BYTE)
        parsed = whole.parse(b"\x00\x07\x09")
        self.assertEqual(parsed["tail"], 9)
        self.assertEqual(parsed["body"](), 7)

    def test_each_element(self):
        values = Repeat(3, Deferred(BYTE)).parse(b"abc")
        self.assertEqual([value() for value in values], [97, 98, 99])

    def test_context_is_that_of_parsing(self):
        body = Deferred(Repeat(lambda context: context["n"], BYTE))
        parsed = Layout(n=BYTE, body=body).parse(b"\x02xy")
        self.assertEqual(parsed["body"](), [120, 121])

    def test_parsed_again_on_each_call(self):
        calls = []
        spy = Mapped(BYTE, lambda value: calls.append(value) or value, int)
        value = Deferred(spy).parse(b"\x04")
        self.assertEqual(calls, [])
        self.assertEqual((value(), value()), (4, 4))
        self.assertEqual(calls, [4, 4])

    def test_parsed_value_can_be_built(self):
        whole = Layout(body=Deferred(SHORT), tail=BYTE)
        self.assertEqual(whole.build(whole.parse(b"\x00\x07\x09")), b"\x00\x07\x09")

    def test_no_parameters(self):
        with self.assertRaises(TypeError):
            Deferred(BYTE).parse(b"a")({})


class HiddenNeighbourTest(unittest.TestCase):
    def test_bytes_are_taken_at_once(self):
        with self.assertRaises(ShortRead):
            Deferred(SHORT).parse(b"a")

    def test_build_from_value(self):
        self.assertEqual(Deferred(SHORT).build(7), b"\x00\x07")
