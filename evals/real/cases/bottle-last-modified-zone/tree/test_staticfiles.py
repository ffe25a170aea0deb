import os
import tempfile
import unittest

from staticfiles import parse_date, send_file

MOMENT = 1_000_000_000


class SendFileTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        path = os.path.join(self.root, "page.html")
        with open(path, "wb") as file:
            file.write(b"<p>hello")
        os.utime(path, (MOMENT, MOMENT))

    def test_content(self):
        response = send_file("page.html", self.root)
        self.assertEqual(response.status_line, "200 OK")
        self.assertEqual(response.body, b"<p>hello")
        self.assertEqual(response.headers["Content-Length"], "8")
        self.assertEqual(response.headers["Content-Type"], "text/html")

    def test_outside(self):
        self.assertEqual(send_file("../page.html", self.root).status, 403)

    def test_missing(self):
        self.assertEqual(send_file("other.html", self.root).status, 404)

    def test_not_modified(self):
        headers = {"If-Modified-Since": "Sun, 09 Sep 2001 01:46:40 GMT"}
        self.assertEqual(send_file("page.html", self.root, headers).status, 304)

    def test_date_sent_back(self):
        stamp = send_file("page.html", self.root).headers["Last-Modified"]
        self.assertEqual(stamp, "Sun, 09 Sep 2001 01:46:40 GMT")
        again = send_file("page.html", self.root, {"If-Modified-Since": stamp})
        self.assertEqual(again.status, 304)


class DateTest(unittest.TestCase):
    def test_all_formats_agree(self):
        dates = [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ]
        self.assertEqual({parse_date(date)[:6] for date in dates}, {(1994, 11, 6, 8, 49, 37)})
