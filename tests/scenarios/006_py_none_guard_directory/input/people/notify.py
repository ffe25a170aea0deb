from people.directory import Directory

FALLBACK = "office@example.org"


def approvers(directory: Directory, names):
    found = [directory.manager_email(name) for name in names]
    return [address or FALLBACK for address in found]
