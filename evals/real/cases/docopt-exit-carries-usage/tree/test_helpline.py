import unittest

from helpline import CommandLineExit, HelpTextError, known_options, parse

FERRY = """Ferry files about.

Usage:
  ferry [options] send <file>
  ferry list

Options:
  --port=NUMBER  Port to use [default: 80]
  --quiet        Say nothing
"""


class ParseTest(unittest.TestCase):
    def test_command_and_argument(self):
        self.assertEqual(
            parse(FERRY, ["send", "a.txt", "--quiet"]),
            {"--port": "80", "--quiet": True, "send": True, "<file>": "a.txt"},
        )

    def test_second_alternative(self):
        self.assertEqual(parse(FERRY, ["list"])["list"], True)

    def test_defaults(self):
        self.assertEqual(known_options(FERRY), {"--port": "80", "--quiet": False})

    def test_misfit_shows_the_usage(self):
        with self.assertRaises(CommandLineExit) as caught:
            parse(FERRY, ["send"])
        self.assertIn("ferry [options] send <file>", str(caught.exception))

    def test_unknown_option(self):
        with self.assertRaises(CommandLineExit) as caught:
            parse(FERRY, ["list", "--loud"])
        self.assertIn("unknown option --loud", str(caught.exception))

    def test_help_text_without_usage(self):
        with self.assertRaises(HelpTextError):
            parse("Nothing to see", [])


if __name__ == "__main__":
    unittest.main()
