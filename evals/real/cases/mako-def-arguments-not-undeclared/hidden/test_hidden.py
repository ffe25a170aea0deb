import unittest

from macros import Macro, MacroTag, UndefinedName


class ParametersTest(unittest.TestCase):
    def test_parameter_in_a_key(self):
        tag = MacroTag("card(title)", {"key": "title"})
        self.assertEqual(tag.undeclared_names(), set())

    def test_parameter_in_a_condition(self):
        tag = MacroTag("card(title, shown=True)", {"when": "shown and len(title) > 1"})
        card = Macro(tag, "<${title}>", {}, strict=True)
        self.assertEqual(card("ab"), "<ab>")
        self.assertEqual(card("a"), "")
        self.assertEqual(card("ab", shown=False), "")

    def test_parameter_beside_a_given_name(self):
        tag = MacroTag("card(title)", {"key": "(site, title)", "when": "site"})
        self.assertEqual(tag.undeclared_names(), {"site"})
        with self.assertRaises(UndefinedName) as caught:
            Macro(tag, "${title}", {}, strict=True)
        self.assertIn("'site'", str(caught.exception))
        self.assertEqual(Macro(tag, "${title}", {"site": "s"}, strict=True)("t"), "t")

    def test_names_of_defaults_are_needed(self):
        tag = MacroTag("card(title, size=big)", {"key": "size"})
        self.assertEqual(tag.undeclared_names(), {"big"})
        self.assertEqual(Macro(tag, "${size}", {"big": 9}, strict=True)("t"), "9")

    def test_parameters_of_another_macro_do_not_count(self):
        MacroTag("card(title)", {"key": "title"})
        self.assertEqual(MacroTag("row(cell)", {"key": "title"}).undeclared_names(), {"title"})


if __name__ == "__main__":
    unittest.main()
