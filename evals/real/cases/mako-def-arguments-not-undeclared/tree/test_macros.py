import unittest

from macros import Macro, MacroTag, UndefinedName


class MacroTest(unittest.TestCase):
    def test_places(self):
        card = Macro(MacroTag("card(title, size=2)"), "${title}/${size}", {}, strict=True)
        self.assertEqual(card("A"), "A/2")
        self.assertEqual(card("A", size=3), "A/3")

    def test_filters(self):
        tag = MacroTag("note(text)", {"filter": "trim, loud"})
        note = Macro(tag, " ${text} ", {"loud": lambda text: text + "!"}, strict=True)
        self.assertEqual(note("hi"), "hi!")

    def test_missing_name(self):
        with self.assertRaises(UndefinedName):
            Macro(MacroTag("note()"), "${author}", {}, strict=True)
        self.assertEqual(Macro(MacroTag("note()"), "${author}", {})(), "None")

    def test_kept_by_parameter(self):
        tag = MacroTag("card(title, size)", {"key": "title.lower()"})
        card = Macro(tag, "${title}/${size}", {}, strict=True)
        self.assertEqual(card("A", 1), "A/1")
        self.assertEqual(card("a", 2), "A/1")
        self.assertEqual(card("b", 2), "b/2")


class TagTest(unittest.TestCase):
    def test_undeclared_names(self):
        tag = MacroTag("card(title, size=big)", {"filter": "quote, loud", "key": "site + '/'"})
        self.assertEqual(tag.undeclared_names(), {"big", "loud", "site"})


if __name__ == "__main__":
    unittest.main()
