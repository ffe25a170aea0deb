"""Helpers for plain dictionaries used as records."""

from functools import reduce


def fields(record):
    """Return the field names of a record in their order."""
    return list(record)


def pick(record, *wanted):
    """Return a record with the wanted fields only.

    The fields are given by name, or by one function of value and name.
    """
    if len(wanted) == 1 and callable(wanted[0]):
        keep = wanted[0]
        return {name: value for name, value in record.items() if keep(value, name)}
    return {name: record[name] for name in wanted if name in record}


def omit(record, *unwanted):
    """Return a record without the unwanted fields."""
    return {name: value for name, value in record.items() if name not in unwanted}


def assign(record, source, combine=None):
    """Set the fields of further records on `record` and return it.

    With `combine`, each value is computed from the present and the new one.
    """
    if isinstance(source, dict):
        source = [source]

    for each in source:
        for name, value in each.items():
            if combine is None:
                record[name] = value
            else:
                record[name] = combine(record.get(name), value)

    return record


def defaults(record, *sources):
    """Set the fields that `record` lacks from the first source that has them."""
    for source in sources:
        for name, value in source.items():
            record.setdefault(name, value)
    return record


def rename(record, names):
    """Return a record whose fields are renamed by the mapping `names`."""
    return {names.get(name, name): value for name, value in record.items()}


def dig(record, path, default=None):
    """Return the value at a dotted path through nested records."""
    try:
        return reduce(lambda part, name: part[name], path.split("."), record)
    except (KeyError, TypeError):
        return default


def invert(record):
    """Swap names and values."""
    return {value: name for name, value in record.items()}
