def split_address(text):
    """`Name <user@host>` or `user@host` -> (name, user, host)."""
    text = text.strip()
    name = ""
    if text.endswith(">"):
        name, _, rest = text.partition("<")
        text = rest[:-1]
    user, host = text.split("@", 1)
    return name.strip(), user, host.lower()
