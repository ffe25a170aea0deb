"""Line plots as plain SVG: enough for losses, with nothing to install."""

WIDTH, HEIGHT, EDGE = 720, 360, 48
COLOURS = {"wanted": "#c0392b", "source": "#2980b9", "held_out": "#27ae60"}


def losses(lines, path):
    """Losses in nats per token over millions of tokens, from the lines of `train.jsonl`."""
    series = {name: [(line["tokens"] / 1e6, line[name]) for line in lines if name in line] for name in COLOURS}
    series = {name: points for name, points in series.items() if points}
    right = max((x for points in series.values() for x, _ in points), default=1) or 1
    top = max((y for points in series.values() for _, y in points), default=1) or 1

    def place(x, y):
        return f"{EDGE + x / right * (WIDTH - 2 * EDGE):.1f},{HEIGHT - EDGE - y / top * (HEIGHT - 2 * EDGE):.1f}"

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-size="11">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
    ]
    for step in range(5):
        x, y = right * step / 4, top * step / 4
        across, up = place(x, 0).split(","), place(0, y).split(",")
        parts.append(f'<text x="{across[0]}" y="{HEIGHT - EDGE + 16}" text-anchor="middle">{x:.1f}</text>')
        parts.append(f'<text x="{EDGE - 6}" y="{up[1]}" text-anchor="end">{y:.1f}</text>')
        parts.append(f'<path d="M{up[0]},{up[1]}H{WIDTH - EDGE}" stroke="#ddd"/>')
    for index, (name, points) in enumerate(series.items()):
        line = " ".join(place(x, y) for x, y in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{COLOURS[name]}" stroke-width="1.5"/>')
        parts.append(
            f'<text x="{WIDTH - EDGE}" y="{EDGE + 14 * index}" text-anchor="end" fill="{COLOURS[name]}">{name}</text>'
        )
    parts.append(f'<text x="{WIDTH / 2}" y="{HEIGHT - 10}" text-anchor="middle">million tokens</text></svg>')
    path.write_text("\n".join(parts) + "\n")
