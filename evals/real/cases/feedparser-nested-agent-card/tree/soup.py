"""A tree of elements that are also linked in the order of the document."""

from html.parser import HTMLParser


class Element:
    """An element; `following` and `preceding` lead through the whole document."""

    def __init__(self, name, attributes=()):
        self.name = name
        self.attributes = dict(attributes)
        self.text = ""
        self.parent = None
        self.contents = []
        self.following = None
        self.preceding = None

    def get(self, attribute, default=""):
        return self.attributes.get(attribute) or default

    def __setitem__(self, attribute, value):
        self.attributes[attribute] = value

    def classes(self):
        return self.get("class").split()

    def append(self, child):
        """Add a child without children of its own at the end."""
        last = self.last_inside()
        child.parent = self
        child.preceding, child.following = last, last.following
        if last.following is not None:
            last.following.preceding = child
        last.following = child
        self.contents.append(child)

    def last_inside(self):
        """Return the last element inside of this one, or itself if it is empty."""
        last = self
        while last.contents:
            last = last.contents[-1]
        return last

    def extract(self):
        """Take the element with all that is inside out of the document and return it."""
        if self.parent is not None:
            self.parent.contents = [child for child in self.parent.contents if child is not self]
        last = self.last_inside()
        if self.preceding is not None:
            self.preceding.following = last.following
        if last.following is not None:
            last.following.preceding = self.preceding
        self.preceding = last.following = self.parent = None
        return self

    def inside(self):
        """Yield the elements inside of this one in the order of the document."""
        end = self.last_inside().following
        element = self.following
        while element is not None and element is not end:
            yield element
            element = element.following

    def find_class(self, wanted):
        """Return the elements inside of this one that have a class."""
        return [element for element in self.inside() if wanted in element.classes()]

    def all_text(self):
        return " ".join(filter(None, [self.text.strip(), *(child.all_text() for child in self.contents)]))


class _Builder(HTMLParser):
    def __init__(self):
        super().__init__()
        self.root = self.current = Element("root")

    def handle_starttag(self, tag, attrs):
        child = Element(tag, attrs)
        self.current.append(child)
        self.current = child

    def handle_endtag(self, tag):
        element = self.current
        while element is not self.root and element.name != tag:
            element = element.parent
        if element is not self.root:
            self.current = element.parent

    def handle_data(self, data):
        self.current.text += data


def make_soup(markup):
    """Return the root of the tree of some markup."""
    builder = _Builder()
    builder.feed(markup)
    builder.close()
    return builder.root
