import inspect
import unittest

import routing


class ShortcutTest(unittest.TestCase):
    def setUp(self):
        self.app = routing.current.push()
        self.addCleanup(routing.current.pop)

    def test_route(self):
        @routing.get("/user/<name>")
        def user(name):
            return f"Hi {name}"

        self.assertEqual(self.app.handle("GET", "/user/ann"), "Hi ann")
        self.assertEqual(routing.url("user", name="bo"), "/user/bo")

    def test_mount(self):
        child = routing.App()
        child.get("/list")(lambda: "all")
        routing.mount("/shop", child)
        self.assertEqual(self.app.handle("GET", "/shop/list"), "all")

    def test_error_page(self):
        routing.error(404)(lambda path: f"no {path}")
        self.assertEqual(self.app.handle("GET", "/x"), "no /x")

    def test_usage(self):
        self.assertEqual(len(routing.usage()), 6)
        self.assertIn("mount: Let another application answer every path below a prefix.", routing.usage())

    def test_parameters_of_route(self):
        parameters = list(inspect.signature(routing.route).parameters)
        self.assertEqual(parameters, ["self", "rule", "method", "name"])


if __name__ == "__main__":
    unittest.main()
