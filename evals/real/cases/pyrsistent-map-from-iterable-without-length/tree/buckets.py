"""Buckets are None or lists of pairs, and are never changed once they are shared."""


def find(bucket, key):
    """Return (True, value) if the bucket has `key`, else (False, None)."""
    for other, value in bucket or ():
        if other == key:
            return True, value
    return False, None


def replaced(bucket, key, value):
    """Return a bucket in which `key` has this value."""
    return [pair for pair in bucket or () if pair[0] != key] + [(key, value)]


def without(bucket, key):
    """Return a bucket without `key`, None if it would be empty."""
    return [pair for pair in bucket if pair[0] != key] or None
