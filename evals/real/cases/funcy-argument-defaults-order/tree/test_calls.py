import unittest

from calls import decorator, logged, remember_by, require, unless


@decorator
def reported(call):
    return call.host, call.port, call.user


class CallTest(unittest.TestCase):
    def test_arguments_by_name(self):
        @reported
        def connect(host, port, user):
            return None

        self.assertEqual(connect("h", user="me", port=1), ("h", 1, "me"))

    def test_default_of_the_last_parameter(self):
        @reported
        def connect(host, port, user="root"):
            return None

        self.assertEqual(connect("h", 1), ("h", 1, "root"))

    def test_defaults_of_two_parameters(self):
        @reported
        def connect(host, port=22, user="root"):
            return None

        self.assertEqual(connect("h"), ("h", 22, "root"))

    def test_logged(self):
        lines = []

        @logged(lines.append)
        def add(a, b):
            return a + b

        self.assertEqual(add(1, 2), 3)
        self.assertEqual(lines, ["calling add"])

    def test_require(self):
        @require("size", lambda size: size > 0)
        def box(size):
            return "#" * size

        self.assertEqual(box(2), "##")
        with self.assertRaises(ValueError):
            box(0)

    def test_unless(self):
        self.assertIsNone(unless("dry")(lambda path, dry=True: path)("x"))

    def test_remember_by(self):
        seen = []
        remembered = remember_by("key")(lambda key, extra: seen.append(key) or len(seen))
        self.assertEqual([remembered(1, 2), remembered(1, 3), remembered(2, 3)], [1, 1, 2])


if __name__ == "__main__":
    unittest.main()
