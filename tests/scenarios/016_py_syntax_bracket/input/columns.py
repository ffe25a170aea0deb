"""Text tables."""


def widths(rows):
    return [max(len(str(cell)) for cell in column) for column in zip(*rows)]


def rule(sizes):
    return "+".join("-" * (size + 2) for size in sizes)


def render(rows):
    sizes = widths(rows)
    lines = []
    for number, row in enumerate(rows):
        cells = [str(cell).ljust(size) for cell, size in zip(row, sizes)]
        lines.append("|".join(f" {cell} " for cell in cells)
        if number == 0:
            lines.append(rule(sizes))
    return "\n".join(lines)
