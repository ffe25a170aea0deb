"""A small template language.

Lines that begin with % hold statements: ``% for item in items``, ``% if name``, ``% else``,
``% end``, ``% include name`` and ``% rebase name``. Everything else is text in which
``{{expression}}`` is replaced, escaped unless it is written ``{{!expression}}``.
"""

import re

from output import TemplateError, as_text, escape_html

_EXPRESSION = re.compile(r"\{\{(!?)(.*?)\}\}")
_BLOCKS = ("for", "if")


class Template:
    """A template with the others that it may refer to in `lookup`, by name."""

    def __init__(self, source, lookup=None):
        self.source = source
        self.lookup = lookup if lookup is not None else {}
        self._code = None

    def compile(self):
        """Translate the source to a code object, once."""
        if self._code is None:
            self._code = compile(self._translate(), "<template>", "exec")
        return self._code

    def _translate(self):
        lines = []
        depth = 0
        for number, line in enumerate(self.source.splitlines(keepends=True), 1):
            stripped = line.strip()
            if not stripped.startswith("%"):
                lines.extend("    " * depth + statement for statement in self._text(line))
                continue
            word, _, rest = stripped[1:].strip().partition(" ")
            if word == "end":
                if not depth:
                    raise TemplateError(f"line {number}: nothing to end")
                depth -= 1
            elif word == "else":
                lines.append("    " * (depth - 1) + "else:")
            elif word in ("include", "rebase"):
                lines.append("    " * depth + f"_{word}({rest.strip()!r})")
            elif word in _BLOCKS:
                lines.append("    " * depth + f"{word} {rest.rstrip(':')}:")
                depth += 1
            else:
                raise TemplateError(f"line {number}: unknown statement {word!r}")
        if depth:
            raise TemplateError("a block is not ended")
        return "\n".join(lines)

    @staticmethod
    def _text(line):
        """Yield the statements that write a line of text."""
        position = 0
        for match in _EXPRESSION.finditer(line):
            if match.start() > position:
                yield f"_write({line[position:match.start()]!r})"
            wrapper = "_text" if match.group(1) else "_escape"
            yield f"_write({wrapper}({match.group(2).strip()}))"
            position = match.end()
        if position < len(line):
            yield f"_write({line[position:]!r})"

    def _find(self, name):
        try:
            found = self.lookup[name]
        except KeyError:
            raise TemplateError(f"no template {name!r}") from None
        return found if isinstance(found, Template) else Template(found, self.lookup)

    def execute(self, pieces, variables):
        """Run the template and append what it writes to `pieces`."""
        rebased = []
        namespace = dict(variables)
        namespace.setdefault("base", "")
        namespace.update(
            _write=pieces.append,
            _text=as_text,
            _escape=escape_html,
            _include=lambda name: self._find(name).execute(pieces, variables),
            _rebase=rebased.append,
        )
        start = len(pieces)
        exec(self.compile(), namespace)
        if rebased:
            inner = "".join(pieces[start:])
            del pieces[start:]
            self._find(rebased[-1]).execute(pieces, {**variables, "base": inner})
        return pieces

    def render(self, **variables):
        """Return the output for these variables."""
        pieces = []
        self.execute(pieces, variables)
        return pieces


def template(name, lookup, **variables):
    """Render the template `name` of `lookup` as the body of a response."""
    source = lookup.get(name)
    if source is None:
        raise TemplateError(f"no template {name!r}")
    return [Template(source, lookup).render(**variables)]
