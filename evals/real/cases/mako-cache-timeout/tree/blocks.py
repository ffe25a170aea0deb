"""Pages made of named blocks, some of which are cached."""

import re

_HEADER = re.compile(r"^@(page|block)\b\s*(.*)$")
_ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')
_PLACE = re.compile(r"\{(\w+)\}")


class PageError(Exception):
    """The source of a page is malformed."""


class Tag:
    """A header line of the source with its attributes."""

    def __init__(self, keyword, attributes):
        self.keyword = keyword
        self.attributes = attributes
        self.lines = []

    @property
    def text(self):
        return "\n".join(self.lines).strip()

    def is_cached(self):
        return self.attributes.get("cached", "no") == "yes"


def read_tags(source):
    """Return the page tag (or None) and the block tags of a source text."""
    page, blocks = None, []
    for line in source.splitlines():
        header = _HEADER.match(line)
        if header is None:
            if blocks:
                blocks[-1].lines.append(line)
            elif line.strip():
                raise PageError(f"text outside of a block: {line!r}")
            continue
        tag = Tag(header.group(1), dict(_ATTRIBUTE.findall(header.group(2))))
        if tag.keyword == "block":
            if "name" not in tag.attributes:
                raise PageError("a block needs a name")
            blocks.append(tag)
        elif page is not None or blocks:
            raise PageError("the page tag must come first, and once")
        else:
            page = tag
    return page, blocks


class Page:
    """A compiled page; renders its blocks, those cached through a pool of regions.

    The attributes ``cache_kind`` and ``cache_folder`` choose the region and ``cache_timeout`` its
    seconds. What a block does not say is taken from the page tag.
    """

    def __init__(self, source, pool):
        self.page_tag, blocks = read_tags(source)
        self.pool = pool
        self._renderers = {}
        for tag in blocks:
            render = self._compile(tag)
            if tag.is_cached():
                render = self._cached(tag, render)
            self._renderers[tag.attributes["name"]] = render

    def _compile(self, tag):
        text = tag.text

        def render(values):
            return _PLACE.sub(lambda match: str(values.get(match.group(1), "")), text)

        return render

    def _cached(self, tag, render):
        """Return a function that keeps the text of `render` in a region."""
        key = tag.attributes.get("cache_key", tag.attributes["name"])
        arguments = {}
        for attribute, argument in (("cache_kind", "kind"), ("cache_folder", "folder")):
            value = tag.attributes.get(attribute)
            if value is not None:
                arguments[argument] = value
            elif self.page_tag is not None:
                value = self.page_tag.attributes.get(attribute)
                if value is not None:
                    arguments[argument] = value

        def render_cached(values):
            return self.pool.get_cached(key, lambda: render(values), **arguments)

        return render_cached

    def block(self, name, **values):
        """Render one block."""
        if name not in self._renderers:
            raise KeyError(name)
        return self._renderers[name](values)

    def render(self, **values):
        """Render all blocks, one below the other."""
        return "\n".join(render(values) for render in self._renderers.values())
