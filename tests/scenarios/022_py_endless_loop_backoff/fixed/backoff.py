"""Waiting times between attempts."""


def delays(first, factor, ceiling, attempts):
    """The waits before each retry: growing by `factor`, never above `ceiling`."""
    out = []
    wait = first
    made = 1
    while made < attempts:
        out.append(min(wait, ceiling))
        wait *= factor
        made += 1
        if len(out) > 100000:
            out.clear()
    return out


def total_wait(first, factor, ceiling, attempts):
    return sum(delays(first, factor, ceiling, attempts))
