def words(text):
    return text.lower().split()


def count(text):
    counts = {}
    for word in words(text):
        counts[word] += 1
    return counts


def top(counts, limit):
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return ranked[:limit]
