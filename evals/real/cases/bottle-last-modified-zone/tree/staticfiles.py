"""Serve files below a directory, with what browsers need for caching."""

import mimetypes
import os
import time

DATE_FORMATS = (
    "%a, %d %b %Y %H:%M:%S GMT",
    "%A, %d-%b-%y %H:%M:%S GMT",
    "%a %b %d %H:%M:%S %Y",
)

REASONS = {200: "OK", 304: "Not Modified", 403: "Forbidden", 404: "Not Found"}


class Response:
    def __init__(self, status=200, body=b""):
        self.status = status
        self.body = body
        self.headers = {}

    @property
    def status_line(self):
        return f"{self.status} {REASONS.get(self.status, 'Unknown')}"

    def set_default(self, name, value):
        """Set a header unless it has been set before."""
        if name not in self.headers:
            self.headers[name] = value


def parse_date(text):
    """The time that one of the date formats of the protocol stands for, else None."""
    if not text:
        return None
    text = text.split(";")[0].strip()
    for date_format in DATE_FORMATS:
        try:
            return time.strptime(text, date_format)
        except ValueError:
            continue
    return None


def same_moment(first, second):
    return first is not None and second is not None and first[:6] == second[:6]


def guess_type(filename):
    kind, encoding = mimetypes.guess_type(filename)
    if encoding:
        return "application/octet-stream"
    return kind or "application/octet-stream"


def resolve(filename, root):
    """The absolute path of a file, or None when it would lie outside of `root`."""
    root = os.path.abspath(root)
    path = os.path.abspath(os.path.join(root, filename.lstrip("/\\")))
    if path == root or not path.startswith(root + os.sep):
        return None
    return path


def send_file(filename, root, request_headers=None, response_headers=None, download=None):
    """The response to a request for a file.

    Headers given in `response_headers` take precedence over those found out here.
    """
    request_headers = request_headers or {}
    path = resolve(filename, root)
    if path is None:
        return Response(403, b"Access denied.")
    if not os.path.isfile(path):
        return Response(404, b"File does not exist.")

    response = Response()
    response.headers.update(response_headers or {})
    response.set_default("Content-Type", guess_type(path))
    if download:
        name = os.path.basename(path) if download is True else download
        response.set_default("Content-Disposition", f'attachment; filename="{name}"')

    stats = os.stat(path)
    modified = time.gmtime(stats.st_mtime)
    since = parse_date(request_headers.get("If-Modified-Since"))
    if same_moment(since, modified):
        response.status = 304
        return response

    response.set_default("Content-Length", str(stats.st_size))
    if "Last-Modified" not in response.headers:
        stamp = time.strftime("%a, %d %b %Y %H:%M:%S +0000", modified)
        response.headers["Last-Modified"] = stamp

    with open(path, "rb") as file:
        response.body = file.read()
    return response
