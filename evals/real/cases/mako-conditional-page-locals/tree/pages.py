"""Text pages with embedded Python, compiled to functions.

A source consists of lines. ``% code:`` to ``% end`` around lines of Python run those lines,
``% part NAME:`` to ``% end`` makes a named part, ``% show NAME`` shows a part, and ``{expression}``
in any other line is replaced by its value. Parts see the variables that the page's code has made
so far.
"""

import ast
import re

from writer import SourceWriter

_PLACE = re.compile(r"\{([^{}]+)\}")
_OPENING = re.compile(r"%\s*(code|part\s+(\w+)):\s*$")
_SHOW = re.compile(r"%\s*show\s+(\w+)\s*$")
_END = re.compile(r"%\s*end\s*$")


class PageSyntaxError(Exception):
    pass


def assigned_names(code):
    """Return the variables that a piece of code may set, in the order of the text."""
    found = {}
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found[node.id] = min(found.get(node.id, node.lineno), node.lineno)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found[node.name] = node.lineno
    return sorted(found, key=lambda name: (found[name], name))


class Compiler:
    """Turns the lines of a page into the source of its functions."""

    def __init__(self, text):
        self._lines = text.splitlines()
        self._parts = {}
        self.writer = SourceWriter()

    def compile(self):
        body = self._read_body(inside=False)
        for name, part in self._parts.items():
            self._write_function(f"part_{name}", part, in_part=True)
        self._write_function("page", body, in_part=False)
        return self.writer.source()

    def _read_body(self, inside):
        body = []
        while self._lines:
            line = self._lines.pop(0)
            if _END.match(line):
                if not inside:
                    raise PageSyntaxError("unexpected end")
                return body
            opening, show = _OPENING.match(line), _SHOW.match(line)
            if show:
                body.append(("show", show.group(1)))
            elif opening is None:
                body.append(("text", line))
            elif opening.group(2):
                self._parts[opening.group(2)] = self._read_body(inside=True)
            else:
                body.append(("code", self._read_code()))
        if inside:
            raise PageSyntaxError("missing end")
        return body

    def _read_code(self):
        code = []
        while self._lines:
            line = self._lines.pop(0)
            if _END.match(line):
                return "\n".join(code)
            code.append(line)
        raise PageSyntaxError("missing end of code")

    def _write_function(self, name, body, in_part):
        self.writer.open(f"def {name}(_write, _page, _values):")
        self.writer.line("_scope = {**_values, **_page}")
        for kind, content in body:
            getattr(self, f"_write_{kind}")(content, in_part)
        self.writer.line("return None")
        self.writer.close()
        self.writer.line("")

    def _write_text(self, text, in_part):
        pieces = _PLACE.split(text)
        for number, piece in enumerate(pieces):
            if number % 2:
                self.writer.line(f"_write(str(eval({piece.strip()!r}, {{**_scope, **locals()}})))")
            elif piece:
                self.writer.line(f"_write({piece!r})")
        self.writer.line("_write('\\n')")

    def _write_code(self, code, in_part):
        self.writer.block(code)
        names = assigned_names(code)
        if not in_part and names:
            self.writer.line("_here = locals()")
            self.writer.line(f"_page.update([(k, _here[k]) for k in {names!r}])")

    def _write_show(self, name, in_part):
        self.writer.line(f"part_{name}(_write, _page, _values)")


class Page:
    """A page ready to be rendered."""

    def __init__(self, text):
        self.source = Compiler(text).compile()
        self._functions = {}
        exec(compile(self.source, "<page>", "exec"), self._functions)

    def render(self, **values):
        """Return the text of the page for the values given."""
        written = []
        self._functions["page"](written.append, {}, values)
        return "".join(written)
