import os
import tempfile
import unittest

from staticfiles import parse_date, send_file


class HiddenLastModifiedTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name

    def put(self, name, moment):
        path = os.path.join(self.root, name)
        with open(path, "wb") as file:
            file.write(b"x")
        os.utime(path, (moment, moment))

    def stamp(self, moment):
        self.put("a.txt", moment)
        return send_file("a.txt", self.root).headers["Last-Modified"]

    def test_exact_text(self):
        self.assertEqual(self.stamp(784111777), "Sun, 06 Nov 1994 08:49:37 GMT")

    def test_beginning_of_time(self):
        self.assertEqual(self.stamp(0), "Thu, 01 Jan 1970 00:00:00 GMT")

    def test_leap_day(self):
        self.assertEqual(self.stamp(951782400), "Tue, 29 Feb 2000 00:00:00 GMT")

    def test_the_date_can_be_parsed(self):
        self.assertEqual(parse_date(self.stamp(1500000000))[:6], (2017, 7, 14, 2, 40, 0))

    def test_given_header_wins(self):
        self.put("a.txt", 5)
        response = send_file("a.txt", self.root, response_headers={"Last-Modified": "never"})
        self.assertEqual(response.headers["Last-Modified"], "never")

    def test_changed_file_is_sent(self):
        stamp = self.stamp(100)
        self.put("a.txt", 200)
        response = send_file("a.txt", self.root, {"If-Modified-Since": stamp})
        self.assertEqual((response.status, response.body), (200, b"x"))

    def test_unreadable_date_is_ignored(self):
        self.put("a.txt", 5)
        response = send_file("a.txt", self.root, {"If-Modified-Since": "yesterday"})
        self.assertEqual(response.status, 200)

    def test_download(self):
        self.put("a.txt", 5)
        response = send_file("a.txt", self.root, download=True)
        self.assertEqual(response.headers["Content-Disposition"], 'attachment; filename="a.txt"')
