import inspect
import unittest

import routing


class MetadataTest(unittest.TestCase):
    def test_name(self):
        self.assertEqual(routing.mount.__name__, "mount")
        self.assertEqual(routing.mount.__qualname__, "App.mount")

    def test_description(self):
        self.assertEqual(routing.mount.__doc__, routing.App.mount.__doc__)

    def test_wrapped_function_and_parameters(self):
        self.assertIs(routing.mount.__wrapped__, routing.App.mount)
        self.assertEqual(list(inspect.signature(routing.mount).parameters), ["self", "prefix", "child"])

    def test_no_two_shortcuts_share_a_method(self):
        self.assertEqual(len({shortcut.__wrapped__ for shortcut in routing.SHORTCUTS}), 6)

    def test_the_others_stay(self):
        self.assertIs(routing.url.__wrapped__, routing.App.get_url)
        self.assertEqual(routing.usage()[4], "get_url: Return the path of the route of that name.")

    def test_mount_goes_to_the_current_application(self):
        app, child = routing.current.push(), routing.App()
        self.addCleanup(routing.current.pop)
        routing.mount("deep/", child)
        self.assertEqual(app.mounts, [("/deep/", child)])
        with self.assertRaises(ValueError):
            routing.mount("/", child)


if __name__ == "__main__":
    unittest.main()
