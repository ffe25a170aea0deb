"""A small router, with module-level shortcuts for the current application."""

import functools
import re


class RouteError(LookupError):
    """No route leads to a path."""


class Route:
    """A rule such as ``/user/<name>`` with its method and handler."""

    def __init__(self, method, rule, handler, name=None):
        self.method = method
        self.rule = rule
        self.handler = handler
        self.name = name or handler.__name__
        pattern = re.sub(r"<(\w+)>", r"(?P<\1>[^/]+)", rule)
        self._regex = re.compile(f"{pattern}$")

    def match(self, method, path):
        found = self._regex.match(path)
        if found is None or method != self.method:
            return None
        return found.groupdict()

    def build(self, **values):
        return re.sub(r"<(\w+)>", lambda field: str(values[field.group(1)]), self.rule)


class App:
    """An application: routes, error pages, and other applications mounted below a prefix."""

    def __init__(self):
        self.routes = []
        self.error_pages = {}
        self.mounts = []

    def route(self, rule, method="GET", name=None):
        """Decorator: bind a handler to a rule."""

        def bind(handler):
            self.routes.append(Route(method, rule, handler, name))
            return handler

        return bind

    def get(self, rule, name=None):
        """Decorator: bind a handler to a rule for GET."""
        return self.route(rule, "GET", name)

    def post(self, rule, name=None):
        """Decorator: bind a handler to a rule for POST."""
        return self.route(rule, "POST", name)

    def error(self, status=500):
        """Decorator: register the page for a status."""

        def bind(handler):
            self.error_pages[status] = handler
            return handler

        return bind

    def get_url(self, name, /, **values):
        """Return the path of the route of that name."""
        for route in self.routes:
            if route.name == name:
                return route.build(**values)
        raise RouteError(f"there is no route called {name}")

    def mount(self, prefix, child):
        """Let another application answer every path below a prefix."""
        prefix = "/" + prefix.strip("/") + "/"
        if prefix == "//":
            raise ValueError("the prefix is empty")
        self.mounts.append((prefix, child))

    def handle(self, method, path):
        """Return what the handler for a request returns."""
        for prefix, child in self.mounts:
            if path.startswith(prefix):
                return child.handle(method, path[len(prefix) - 1:])
        for route in self.routes:
            values = route.match(method, path)
            if values is not None:
                return route.handler(**values)
        if 404 in self.error_pages:
            return self.error_pages[404](path)
        raise RouteError(path)


class AppStack(list):
    """Applications on top of each other; the last is the current one."""

    def __call__(self):
        return self[-1]

    def push(self, value=None):
        value = value or App()
        self.append(value)
        return value


current = AppStack()
current.push()

route = functools.wraps(App.route)(lambda *args, **kwargs: current().route(*args, **kwargs))
get = functools.wraps(App.get)(lambda *args, **kwargs: current().get(*args, **kwargs))
post = functools.wraps(App.post)(lambda *args, **kwargs: current().post(*args, **kwargs))
error = functools.wraps(App.error)(lambda *args, **kwargs: current().error(*args, **kwargs))
url = functools.wraps(App.get_url)(lambda *args, **kwargs: current().get_url(*args, **kwargs))
mount = functools.wraps(App.get_url)(lambda *args, **kwargs: current().mount(*args, **kwargs))
SHORTCUTS = (route, get, post, error, url, mount)


def usage():
    """Return a line for each shortcut: its name in `App` and the first line of its description."""
    return [f"{shortcut.__name__}: {shortcut.__doc__.splitlines()[0]}" for shortcut in SHORTCUTS]
