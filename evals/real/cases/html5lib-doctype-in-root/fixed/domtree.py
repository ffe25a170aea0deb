"""Builds a DOM document from what a lenient HTML parser reports.

The DOM at hand takes a document type only from a document that is being parsed. So what is
reported before the root element is held back, and the root is made by parsing a small document.
"""

import logging
import re
from collections import namedtuple
from xml.dom import minidom
from xml.parsers.expat import ExpatError

log = logging.getLogger(__name__)

BAD_IN_COMMENT = re.compile(r"--+|-$")
BAD_IN_NAME = re.compile(r"[^a-zA-Z0-9_.-]")


class TreeError(Exception):
    pass


class DocType(namedtuple("DocType", "name public_id system_id")):
    """The document type; a system identifier only ever comes with a public one."""

    __slots__ = ()

    def __new__(cls, name, public_id=None, system_id=None):
        if system_id is not None and public_id is None:
            raise TreeError("a system identifier without a public one is not supported")
        return super().__new__(cls, name, public_id, system_id)


def safe_name(name):
    """A name that can be used for an XML element or attribute."""
    name = BAD_IN_NAME.sub("U", name)
    return name if name[:1].isalpha() or name.startswith("_") else "U" + name


class TreeBuilder:
    """Receives the parts of a document in their order, and gives the document at the end."""

    def __init__(self):
        self.doctype = None
        self.document = None
        self.open_elements = []
        self._early_comments = []

    # Before the root

    def insert_doctype(self, name, public_id=None, system_id=None):
        if self.document is not None:
            raise TreeError("the document type must precede the root")
        self.doctype = DocType(name, public_id, system_id)

    def insert_root(self, name="html"):
        """Make the document with its root element."""
        text = ""
        if self.doctype:
            text += "<!DOCTYPE %s" % self.doctype.name
            if self.doctype.public_id is not None:
                text += ' PUBLIC "%s"' % self.doctype.public_id
            if self.doctype.system_id is not None:
                text += ' "%s"' % self.doctype.system_id
            text += ">"
        text += "<%s/>" % safe_name(name)

        try:
            self.document = minidom.parseString(text)
        except ExpatError:
            log.debug("no document: %s", text)
            raise
        root = self.document.documentElement
        for data in self._early_comments:
            self.document.insertBefore(self.document.createComment(data), root)
        self.open_elements.append(root)
        return root

    # Within the root

    @property
    def current(self):
        if not self.open_elements:
            raise TreeError("no element is open")
        return self.open_elements[-1]

    def insert_comment(self, data):
        data = BAD_IN_COMMENT.sub(lambda match: "- " * len(match.group()), data)
        if self.document is None:
            self._early_comments.append(data)
        else:
            self.current.appendChild(self.document.createComment(data))

    def insert_element(self, name, attributes=None):
        element = self.document.createElement(safe_name(name))
        for key, value in (attributes or {}).items():
            element.setAttribute(safe_name(key), value)
        self.current.appendChild(element)
        self.open_elements.append(element)
        return element

    def insert_text(self, data):
        last = self.current.lastChild
        if last is not None and last.nodeType == last.TEXT_NODE:
            last.appendData(data)
        else:
            self.current.appendChild(self.document.createTextNode(data))

    def close_element(self):
        if len(self.open_elements) < 2:
            raise TreeError("the root cannot be closed")
        return self.open_elements.pop()

    def finish(self):
        """The document; a root is made if there was none."""
        if self.document is None:
            self.insert_root()
        self.open_elements.clear()
        return self.document


def parse_fragment(text):
    """The elements of a well-formed piece of markup, or TreeError."""
    try:
        document = minidom.parseString("<fragment>%s</fragment>" % text)
    except ExpatError as error:
        log.debug("no fragment: %s", text)
        raise TreeError(str(error)) from None
    return list(document.documentElement.childNodes)
