"""The chart: throughput over callers on logarithmic axes, and latencies; one SVG without outside parts."""
import math

WIDTH, HEIGHT, LEFT, TOP, PANEL = 980, 470, 70, 64, 370
COLOURS = {"ceiling": "#8a8f98", "vault": "#b3342d", "vault-search": "#e08a3c", "vault-tenants": "#7b4ea3", "https-gate": "#1f6f8b",
           "nginx": "#4f8f3a", "postgres-one-statement": "#c9a227", "postgres-four-trips": "#8c6d1f", "postgres-raw-four-trips": "#d9bf77", "sqlcipher": "#5b5b5b"}
WORDS = {"ceiling": "ceiling: get + open + append", "vault": "vault, audited read", "vault-search": "vault, by search key",
         "vault-tenants": "vault, many tenants", "https-gate": "gate, mTLS", "nginx": "nginx static, mTLS",
         "postgres-one-statement": "PostgreSQL, one statement", "postgres-four-trips": "PostgreSQL, four trips",
         "postgres-raw-four-trips": "PostgreSQL, four trips, plain AES", "sqlcipher": "SQLCipher"}


class Axis:
    """A logarithmic axis from power of ten to power of ten (or from least to most)."""

    def __init__(self, least, most, start, end):
        self.least, self.most, self.start, self.end = math.log10(least), math.log10(most), start, end

    def at(self, value):
        share = (math.log10(max(value, 1e-9)) - self.least) / max(1e-9, self.most - self.least)
        return self.start + share * (self.end - self.start)

    def tens(self):
        return [10 ** power for power in range(math.ceil(self.least), math.floor(self.most) + 1)]


def short(value):
    return f"{value / 1000:g}k" if value >= 1000 else f"{value:g}"


def panel(out, series, key, title, left, log):
    right, bottom = left + PANEL, HEIGHT - 60
    values = [point[key] for points in series.values() for _, point in points if point[key] > 0]
    callers = sorted({count for points in series.values() for count, _ in points})
    across = Axis(callers[0], max(callers[-1], callers[0] * 2), left, right)
    up = Axis(10 ** math.floor(math.log10(min(values))), 10 ** math.ceil(math.log10(max(values) * 1.01)), bottom, TOP)
    out.append(f'<text x="{left}" y="{TOP - 14}" class="h">{title}</text>')
    for ten in up.tens():
        y = up.at(ten)
        out.append(f'<path d="M{left} {y:.1f}H{right}" class="g"/><text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{short(ten)}</text>')
    for count in callers:
        out.append(f'<text x="{across.at(count):.1f}" y="{bottom + 18}" text-anchor="middle">{count}</text>')
    out.append(f'<text x="{(left + right) / 2}" y="{bottom + 36}" text-anchor="middle">callers / connections</text>')
    for name, points in series.items():
        path = " ".join(f"{'ML'[i > 0]}{across.at(count):.1f} {up.at(point[key]):.1f}" for i, (count, point) in enumerate(points))
        dash = ' stroke-dasharray="5 4"' if log and name == "ceiling" else ""
        out.append(f'<path d="{path}" fill="none" stroke="{COLOURS[name]}" stroke-width="2"{dash}/>')
        out.extend(f'<circle cx="{across.at(count):.1f}" cy="{up.at(point[key]):.1f}" r="3" fill="{COLOURS[name]}"/>' for count, point in points)


def draw(result):
    size = result["sizes"][0]
    series = {}
    for name, point in size["median"].items():
        kind, _, count = name.partition("/")
        if kind in COLOURS:
            series.setdefault(kind, []).append((int(count), point))
    for points in series.values():
        points.sort(key=lambda pair: pair[0])
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT + 74}" font-family="sans-serif" font-size="12">',
           '<style>.h{font-size:14px;font-weight:bold}.g{stroke:#ddd}</style>', f'<rect width="{WIDTH}" height="{HEIGHT + 74}" fill="#fff"/>',
           f'<text x="{LEFT}" y="24" font-size="17" font-weight="bold">Audited reads: {size["records"]:,} records of 2 KiB, '
           f'{result["processors"]} processors, durable log</text>']
    panel(out, series, "perSecond", "operations per second", LEFT, True)
    panel(out, series, "p50", "latency, median, microseconds", LEFT + PANEL + 100, True)
    for number, name in enumerate(series):
        x, y = LEFT + (number % 3) * 300, HEIGHT + 4 + (number // 3) * 20
        out.append(f'<rect x="{x}" y="{y - 9}" width="18" height="4" fill="{COLOURS[name]}"/><text x="{x + 24}" y="{y - 3}">{WORDS[name]}</text>')
    out.append("</svg>")
    return "\n".join(out) + "\n"
