"""Which licences the corpus takes, read from package metadata. Anything not recognised is refused."""

import re
from email.parser import HeaderParser

PERMISSIVE = {
    "mit",
    "mit-0",
    "mit-cmu",
    "bsd",
    "bsd-2-clause",
    "bsd-3-clause",
    "0bsd",
    "apache-2.0",
    "psf-2.0",
    "python-2.0",
    "isc",
    "hpnd",
    "unlicense",
    "zlib",
    "cc0-1.0",
    "zpl-2.1",
    "bsl-1.0",
    "blueoak-1.0.0",
    "unicode-3.0",
    "unicode-dfs-2016",
}
# Classifiers and free-text spellings, lower case, as found in package metadata.
SPELLINGS = {
    "mit license": "mit",
    "the mit license": "mit",
    "mit licence": "mit",
    "expat": "mit",
    "mit/x11": "mit",
    "bsd license": "bsd",
    "bsd-like": "bsd",
    "new bsd": "bsd-3-clause",
    "new bsd license": "bsd-3-clause",
    "3-clause bsd": "bsd-3-clause",
    "bsd 3-clause": "bsd-3-clause",
    "bsd 3-clause license": "bsd-3-clause",
    "modified bsd": "bsd-3-clause",
    "simplified bsd": "bsd-2-clause",
    "2-clause bsd": "bsd-2-clause",
    "bsd license (see license file)": "bsd",
    "bsd-derived": "bsd",
    "3-clause bsd license": "bsd-3-clause",
    "apache": "apache-2.0",
    "apache 2": "apache-2.0",
    "apache 2.0": "apache-2.0",
    "apache license 2.0": "apache-2.0",
    "apache license, version 2.0": "apache-2.0",
    "apache software license": "apache-2.0",
    "apache-2": "apache-2.0",
    "apache license version 2.0": "apache-2.0",
    "apache software license 2.0": "apache-2.0",
    "isc license": "isc",
    "isc license (iscl)": "isc",
    "python software foundation license": "psf-2.0",
    "psf": "psf-2.0",
    "historical permission notice and disclaimer (hpnd)": "hpnd",
    "zlib/libpng license": "zlib",
    "the unlicense (unlicense)": "unlicense",
    "zope public license": "zpl-2.1",
    "mit-cmu": "mit-cmu",
}


def of_metadata(text):
    """The licence that a Python package's METADATA or PKG-INFO names, as `(name, accepted)`."""
    head = HeaderParser().parsestr(text)
    expression = (head.get("License-Expression") or "").strip()
    if expression:
        return expression, accepts(expression)
    classifiers = [c.split("::")[-1].strip() for c in head.get_all("Classifier", []) if c.startswith("License ::")]
    classifiers = [c for c in classifiers if c != "OSI Approved"]
    if classifiers:
        return ", ".join(classifiers), all(one(c) in PERMISSIVE for c in classifiers)
    field = " ".join((head.get("License") or "").split())[:60]
    return field or "unknown", accepts(field)


def accepts(expression):
    """Whether an SPDX expression, or a free-text name, grants a permissive licence for all of its parts."""
    if one(expression) in PERMISSIVE:
        return True
    words = [w.strip() for w in re.split(r"([()]|\band\b|\bor\b|[,/])", expression, flags=re.I) if w.strip()]
    accepted = alternatives(words)
    return accepted and not words


def alternatives(words):
    """Consume `a OR b ...` from the front of `words`; whether one alternative is accepted."""
    accepted = parts(words)
    while words and words[0].lower() in ("or", "/"):
        words.pop(0)
        accepted = parts(words) or accepted
    return accepted


def parts(words):
    """Consume `a AND b ...`; whether every part is accepted."""
    accepted = part(words)
    while words and words[0].lower() in ("and", ","):
        words.pop(0)
        accepted = part(words) and accepted
    return accepted


def part(words):
    """Consume a name or an expression in brackets."""
    word = words.pop(0) if words else ""
    if word != "(":
        return one(word) in PERMISSIVE
    accepted = alternatives(words)
    return bool(words) and words.pop(0) == ")" and accepted


def one(name):
    """One licence's canonical lower-case name, exceptions to it left off."""
    key = re.sub(r"\s+with\s+.*", "", " ".join(name.lower().split()))
    return SPELLINGS.get(key, key)
