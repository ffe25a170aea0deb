"""What handlers answer with."""

REASONS = {
    200: "OK",
    201: "Created",
    302: "Found",
    400: "Bad Request",
    404: "Not Found",
    500: "Internal Server Error",
}


class PlainResponse:
    """Status, headers and body, as they are given."""

    def __init__(self, body="", status=200, **headers):
        self.body = body
        self._headers = {}
        self.status = status
        for name, value in headers.items():
            self.set_header(name.replace("_", "-"), value)

    @property
    def status(self):
        return self._status

    @status.setter
    def status(self, status):
        if isinstance(status, str):
            self.status_code, self._status = int(status.split()[0]), status
        else:
            self.status_code = status
            self._status = f"{status} {REASONS.get(status, 'Unknown')}"

    def set_header(self, name, value):
        """Replace every value of a header."""
        self._headers[name.title()] = [str(value)]

    def add_header(self, name, value):
        """Add a value to those of a header."""
        self._headers.setdefault(name.title(), []).append(str(value))

    def get_header(self, name, default=None):
        values = self._headers.get(name.title())
        return values[-1] if values else default

    @property
    def header_list(self):
        return [(name, value) for name, values in self._headers.items() for value in values]


class Response(PlainResponse, Exception):
    """An answer that a handler returns or raises; a page unless it says otherwise."""

    default_type = "text/html; charset=UTF-8"

    def __init__(self, body="", status=200, **headers):
        headers.setdefault("content_type", self.default_type)
        super().__init__(body, status, **headers)


class ErrorResponse(Response):
    """An answer that tells about a failure."""

    default_type = "text/plain; charset=UTF-8"

    def __init__(self, status=500, body=None, **headers):
        super().__init__(body or REASONS.get(status, "Error"), status, **headers)
