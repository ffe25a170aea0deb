"""SAX handler that collects the entries of a news feed together with embedded markup."""

import io
import xml.sax
import xml.sax.handler
from xml.sax.saxutils import escape, quoteattr

ATOM = "http://www.w3.org/2005/Atom"
DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
XHTML = "http://www.w3.org/1999/xhtml"
SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"

USUAL_PREFIXES = {
    ATOM: "",
    DUBLIN_CORE: "dc",
    XHTML: "xhtml",
    SVG: "svg",
    XLINK: "xlink",
}

TEXT_FIELDS = {"title", "id", "updated", "dc_creator"}


class FeedHandler(xml.sax.handler.ContentHandler):
    """Fills `entries` with one dictionary for each entry.

    `namespaces` maps each declared prefix to its address, with None for the default one.
    """

    def __init__(self):
        super().__init__()
        self.version = ""
        self.entries = []
        self.namespaces = {}
        self.declarations = {}
        self._entry = None
        self._text = None
        self._markup = None
        self._depth = 0

    # Namespaces

    def track_namespace(self, prefix, address):
        self.namespaces[prefix] = address
        if address == ATOM and not self.version:
            self.version = "atom10"

    def startPrefixMapping(self, prefix, uri):
        if not uri:
            return
        # Some drivers report the default namespace as an empty prefix.
        prefix = prefix or None
        self.track_namespace(prefix, uri)
        if uri == XLINK:
            self.declarations["xmlns:" + prefix] = uri

    def qualified(self, name):
        """The name with the usual prefix of its namespace, joined by an underscore."""
        address, local = name
        prefix = USUAL_PREFIXES.get(address, "") if address else ""
        return f"{prefix}_{local}" if prefix else local

    # Elements

    def startElementNS(self, name, qname, attrs):
        if self._markup is not None:
            self._depth += 1
            self._markup.append(self._start_tag(name[1], attrs))
            return
        field = self.qualified(name)
        if field == "entry":
            self._entry = {}
        elif field in TEXT_FIELDS:
            self._text = []
        elif field == "content":
            self._markup = []
            self._depth = 0

    def _start_tag(self, local, attrs):
        shown = []
        if self.declarations and local == "svg":
            shown.extend(sorted(self.declarations.items()))
        for (address, attribute), value in sorted(attrs.items(), key=lambda item: item[0][1]):
            prefix = USUAL_PREFIXES.get(address, "") if address else ""
            shown.append((f"{prefix}:{attribute}" if prefix else attribute, value))
        return "<" + local + "".join(f" {key}={quoteattr(value)}" for key, value in shown) + ">"

    def endElementNS(self, name, qname):
        if self._markup is not None and self._depth:
            self._depth -= 1
            self._markup.append(f"</{name[1]}>")
            return
        field = self.qualified(name)
        if field == "entry":
            self.entries.append(self._entry)
            self._entry = None
        elif field == "content" and self._entry is not None:
            self._entry["content"] = "".join(self._markup).strip()
            self._markup = None
        elif field in TEXT_FIELDS and self._text is not None:
            if self._entry is not None:
                self._entry[field] = "".join(self._text).strip()
            self._text = None

    def characters(self, content):
        if self._markup is not None:
            self._markup.append(escape(content))
        elif self._text is not None:
            self._text.append(content)


def parse(text):
    """The handler after it has seen the whole feed."""
    handler = FeedHandler()
    reader = xml.sax.make_parser()
    reader.setFeature(xml.sax.handler.feature_namespaces, True)
    reader.setFeature(xml.sax.handler.feature_external_ges, False)
    reader.setContentHandler(handler)
    reader.parse(io.StringIO(text))
    return handler
