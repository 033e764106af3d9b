"""A line chart as SVG: how a rate goes on as something grows."""

import math

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 320, 76, 20, 44, 52


def short(value):
    for size, unit in ((1_000_000, "M"), (1000, "k")):
        if value >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"


def nice(top):
    """A round number that is not less than `top`, and its fifth."""
    power = 10 ** math.floor(math.log10(top))
    step = next(factor for factor in (1, 2, 2.5, 5, 10) if factor * power >= top) * power
    return step, step / 5


def draw(title, x_label, y_label, points, log=False):
    """`points`: (x, y) with ascending x. With `log` the horizontal axis is logarithmic, and 0 stands at its left end."""
    top, step = nice(max(y for _, y in points))
    xs = [x for x, _ in points]
    least = min(x for x in xs if x > 0)

    def across(x):
        share = x / max(xs)
        if log:
            share = 0 if x <= 0 else (math.log10(x / least) + 1) / (math.log10(max(xs) / least) + 1)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def up(y):
        return HEIGHT - BOTTOM - y / top * (HEIGHT - TOP - BOTTOM)

    ticks = xs if log else [max(xs) * i / 5 for i in range(6)]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="24" font-size="15" font-weight="bold">{title}</text>',
    ]
    for i in range(6):
        y = up(step * i)
        parts.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{short(step * i)}</text>')
    for x in ticks:
        parts.append(f'<text x="{across(x):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{short(x)}</text>')
    line = " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in points)
    parts.append(f'<polyline points="{line}" fill="none" stroke="#0b62a4" stroke-width="2"/>')
    parts += [f'<circle cx="{across(x):.1f}" cy="{up(y):.1f}" r="2.5" fill="#0b62a4"/>' for x, y in points]
    parts.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 12}" text-anchor="middle">{x_label}</text>')
    parts.append(f'<text transform="translate(16 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">{y_label}</text>')
    return "\n".join(parts + ["</svg>", ""])
