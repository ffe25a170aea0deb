from mailer.address import split_address


class BatchError(Exception):
    pass


def recipients(lines):
    found = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            found.append(split_address(line))
        except Exception as error:
            raise BatchError(f"line {number}: {line!r}") from error
    return found
