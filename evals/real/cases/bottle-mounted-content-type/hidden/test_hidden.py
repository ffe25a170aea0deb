import unittest

from gateway import Application
from responses import PlainResponse


def request(app, path):
    told = []
    body = app({"PATH_INFO": path, "SCRIPT_NAME": ""}, lambda status, headers: told.extend((status, headers)))
    return told[0], told[1], b"".join(body)


def fixed_app(status, headers, body=b""):
    def app(environ, start_response):
        start_response(status, headers)
        return [body] if body else []

    return app


class MountTest(unittest.TestCase):
    def answer(self, status, headers, body=b""):
        app = Application()
        app.mount("sub", fixed_app(status, headers, body))
        return request(app, "/sub/x")

    def test_no_type_at_all(self):
        self.assertEqual(self.answer("204 No Content", []), ("204 No Content", [], b""))

    def test_page_of_another_encoding(self):
        headers = [("Content-Type", "text/html; charset=latin-1"), ("X-Part", "1")]
        self.assertEqual(self.answer("200 OK", headers, b"\xe4"), ("200 OK", headers, b"\xe4"))

    def test_same_type_is_not_doubled(self):
        headers = [("Content-Type", "text/html; charset=UTF-8")]
        self.assertEqual(self.answer("200 OK", headers)[1], headers)

    def test_other_headers_without_a_type(self):
        headers = [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]
        self.assertEqual(self.answer("302 Found", headers)[1], headers)

    def test_application_in_an_application(self):
        inner, outer = Application(), Application()
        inner.route("/list")(lambda environ: PlainResponse("[]", content_type="application/json"))
        outer.mount("/in", inner)
        self.assertEqual(
            request(outer, "/in/list")[1],
            [("Content-Type", "application/json"), ("Content-Length", "2")],
        )

    def test_missing_page_of_an_inner_application(self):
        inner, outer = Application(), Application()
        outer.mount("/in", inner)
        status, headers, body = request(outer, "/in/x")
        self.assertEqual((status, headers[0], body), (
            "404 Not Found", ("Content-Type", "text/plain; charset=UTF-8"), b"Not Found",
        ))

    def test_own_pages_keep_their_type(self):
        app = Application()
        app.route("/p")(lambda environ: "p")
        self.assertEqual(request(app, "/p")[1][0], ("Content-Type", "text/html; charset=UTF-8"))


if __name__ == "__main__":
    unittest.main()
