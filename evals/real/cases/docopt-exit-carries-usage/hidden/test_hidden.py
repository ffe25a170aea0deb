import unittest

from helpline import CommandLineExit, HelpTextError, parse

FIRST = "Usage: first <x>\n\nOptions:\n  --deep  Go deep\n  --to=PLACE  Where to\n"
SECOND = "Usage: second <y> <z>\n"


def message(text, argv):
    try:
        parse(text, argv)
    except CommandLineExit as ended:
        return str(ended)
    raise AssertionError("the command line was accepted")


class UsageInExitTest(unittest.TestCase):
    def test_no_alternative_fits(self):
        self.assertEqual(message(FIRST, []), "Usage: first <x>")

    def test_unknown_option(self):
        self.assertEqual(message(FIRST, ["a", "--wide"]), "unknown option --wide\nUsage: first <x>")

    def test_option_misused(self):
        self.assertEqual(message(FIRST, ["a", "--to"]), "--to is used wrongly\nUsage: first <x>")

    def test_each_text_has_its_own_usage(self):
        self.assertEqual(message(FIRST, []), "Usage: first <x>")
        self.assertEqual(message(SECOND, []), "Usage: second <y> <z>")
        self.assertEqual(message(FIRST, ["a", "b"]), "Usage: first <x>")

    def test_exit_raised_by_the_caller(self):
        parse(SECOND, ["a", "b"])
        self.assertEqual(str(CommandLineExit("y is taken")), "y is taken\nUsage: second <y> <z>")

    def test_two_usages_are_refused(self):
        with self.assertRaises(HelpTextError):
            parse(FIRST + "\n" + SECOND, ["a"])


if __name__ == "__main__":
    unittest.main()
