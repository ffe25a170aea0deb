"""Applications that answer requests by the gateway protocol of Python's web servers."""

import itertools

from responses import ErrorResponse, PlainResponse, Response


def shift_path(environ, count):
    """Move `count` segments from the front of the path to the end of the script name.

    A negative number moves them back.
    """
    script = [part for part in environ.get("SCRIPT_NAME", "").split("/") if part]
    path = [part for part in environ.get("PATH_INFO", "").split("/") if part]
    slash = environ.get("PATH_INFO", "").endswith("/") and bool(path)
    if count > len(path) or -count > len(script):
        raise ValueError(f"cannot shift the path by {count}")
    joined = script + path
    border = len(script) + count
    environ["SCRIPT_NAME"] = "".join(f"/{part}" for part in joined[:border])
    environ["PATH_INFO"] = "/" + "/".join(joined[border:])
    if slash and joined[border:]:
        environ["PATH_INFO"] += "/"


class Application:
    """Handlers for paths, and other applications below a prefix."""

    def __init__(self):
        self._handlers = {}
        self._mounts = []

    def route(self, path):
        """Decorator: let a function of the environment answer a path."""

        def bind(handler):
            self._handlers[path] = handler
            return handler

        return bind

    def mount(self, prefix, app):
        """Let another gateway application answer all paths below a prefix."""
        segments = [part for part in prefix.split("/") if part]
        if not segments:
            raise ValueError("the prefix is empty")

        def mounted(environ):
            shift_path(environ, len(segments))
            try:
                answer = PlainResponse([])

                def start_response(status, headers):
                    answer.status = status
                    for name, value in headers:
                        answer.add_header(name, value)
                    return answer.body.append

                body = app(environ, start_response)
                if body:
                    answer.body = itertools.chain(answer.body, body)
                return answer
            finally:
                shift_path(environ, -len(segments))

        self._mounts.append((segments, mounted))

    def _find(self, path):
        parts = [part for part in path.split("/") if part]
        for segments, mounted in self._mounts:
            if parts[:len(segments)] == segments:
                return mounted
        return self._handlers.get(path)

    def handle(self, environ):
        """Return the answer to a request."""
        handler = self._find(environ.get("PATH_INFO", "/"))
        if handler is None:
            return ErrorResponse(404)
        try:
            answer = handler(environ)
        except Response as raised:
            answer = raised
        if not isinstance(answer, PlainResponse):
            answer = Response(answer)
        return answer

    def __call__(self, environ, start_response):
        answer = self.handle(environ)
        body = answer.body
        if isinstance(body, str):
            body = [body.encode("utf-8")]
            answer.set_header("Content-Length", len(body[0]))
        start_response(answer.status, answer.header_list)
        return list(body)
