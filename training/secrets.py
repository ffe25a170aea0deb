"""Finds files that may hold a credential. Such a file is dropped from the corpus and counted."""

import math
import re

PATTERNS = [
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{16}\b"),
    re.compile(r"\bgh[pousr]_[A-Za-z0-9]{30,}\b"),
    re.compile(r"\bxox[abprs]-[0-9A-Za-z-]{10,}"),
    re.compile(r"\bsk_live_[0-9A-Za-z]{16,}"),
    re.compile(r"\bAIza[0-9A-Za-z_-]{35}\b"),
    re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
]
ASSIGNED = re.compile(
    r"(?i)\b\w*(?:secret|token|passw(?:or)?d|api_?key)\w*\s*[=:]\s*[rbu]?[\"']([A-Za-z0-9+/=_-]{20,})[\"']"
)
# Bits per character: words and repeated digits stay below, random base-64 and hex lie above.
MIN_ENTROPY = 3.7


def finding(text):
    """What looks like a credential in `text`, or None."""
    for pattern in PATTERNS:
        found = pattern.search(text)
        if found:
            return found.group()[:12]
    for found in ASSIGNED.finditer(text):
        value = found.group(1)
        if re.search(r"\d", value) and re.search(r"[A-Za-z]", value) and entropy(value) > MIN_ENTROPY:
            return value[:12]
    return None


def entropy(value):
    """Shannon entropy of the characters of `value`, in bits per character."""
    counts = [value.count(c) for c in set(value)]
    return -sum(n / len(value) * math.log2(n / len(value)) for n in counts)
