"""Turn points into grades."""

STEPS = [(90, "A"), (75, "B"), (60, "C"), (50, "D")]


def grade(points, maximum=100):
    if maximum <= 0:
        raise ValueError("maximum must be positive")
    share = 100 * points / maximum
    for floor, letter in STEPS:
        if share >= floor:
            return letter
    return "F"


def summary(results):
    counts = {}
    for points in results:
        letter = grade(points)
        counts[letter] = counts.get(letter, 0) + 1
    return counts
