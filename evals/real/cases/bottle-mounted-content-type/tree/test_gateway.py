import unittest

from gateway import Application, shift_path
from responses import Response


def request(app, path):
    told = []

    def start_response(status, headers):
        told.extend((status, headers))

    body = app({"PATH_INFO": path, "SCRIPT_NAME": ""}, start_response)
    return told[0], told[1], b"".join(body)


def data_app(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/json")])
    return [b'{"at": "', environ["PATH_INFO"].encode(), b'"}']


class GatewayTest(unittest.TestCase):
    def setUp(self):
        self.app = Application()
        self.app.mount("/data/v1", data_app)
        self.app.route("/")(lambda environ: "home")
        self.app.route("/gone")(lambda environ: Response("x", 302, location="/"))

    def test_own_page(self):
        self.assertEqual(
            request(self.app, "/"),
            ("200 OK", [("Content-Type", "text/html; charset=UTF-8"), ("Content-Length", "4")], b"home"),
        )

    def test_body_of_a_mounted_application(self):
        self.assertEqual(request(self.app, "/data/v1/a/b")[2], b'{"at": "/a/b"}')

    def test_headers_of_a_mounted_application(self):
        self.assertEqual(request(self.app, "/data/v1/a")[1], [("Content-Type", "application/json")])

    def test_missing_page(self):
        self.assertEqual(request(self.app, "/nowhere")[0], "404 Not Found")

    def test_redirection(self):
        self.assertIn(("Location", "/"), request(self.app, "/gone")[1])

    def test_shift_path(self):
        environ = {"SCRIPT_NAME": "/a", "PATH_INFO": "/b/c/"}
        shift_path(environ, 1)
        self.assertEqual(environ, {"SCRIPT_NAME": "/a/b", "PATH_INFO": "/c/"})


if __name__ == "__main__":
    unittest.main()
