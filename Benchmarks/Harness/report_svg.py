"""SVG charts, drawn by hand: horizontal bars, and curves in panels. Pure; no scripts, no fonts of their own.

Each has a background of its own, so that it reads the same on a light and on a dark page.
"""

import dataclasses
import math
from xml.sax.saxutils import escape

WIDTH = 800
MARGIN = 24
FONT = "-apple-system, BlinkMacSystemFont, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif"
PAPER, EDGE, INK, FAINT, GRID = "#ffffff", "#d0d7de", "#1f2328", "#59636e", "#e4e8ec"
# Fill and outline of each kind, and what the legend calls it.
KINDS = {
    "gantry": ("#0969da", "#0969da", "Gantry"),
    "swift": ("#d4a72c", "#9a6700", "Swift in one process, or without isolation"),
    "rival": ("#a8b3bf", "#6e7781", "rivals"),
    "limit": ("#ffffff", "#59636e", "physical limit"),
}
SERIES = ["#0969da", "#bc4c00", "#1a7f37", "#8250df", "#6e7781", "#bf3989"]
LABELS, VALUES = 232, 104  # widths left and right of the bars
ROW, BAR = 25, 16
WIDE = 30  # greatest over least value, from which on a scale is logarithmic


@dataclasses.dataclass(frozen=True)
class Bar:
    """One bar, with least and most of its rounds."""

    label: str
    value: float
    low: float
    high: float
    kind: str


@dataclasses.dataclass(frozen=True)
class Panel:
    """One plot of curves: [(name, [(x, y, low, high)])]."""

    title: str
    x_title: str
    series: list


def bars(title, subtitle, groups, show, linear_to=None):
    """Bars in groups: [(heading, [Bar])]. `show` makes a value's text; `linear_to` asks for a linear scale up to it."""
    every = [bar for _, group in groups for bar in group]
    scale = _Scale([value for bar in every for value in (bar.low, bar.high, bar.value)], linear_to)
    left, right = MARGIN + LABELS, WIDTH - MARGIN - VALUES
    where = scale.placed(left, right)
    out, y = [], 84
    top = y
    for heading, group in groups:
        y += 26
        out.append(_text(MARGIN, y - 8, heading, 14, weight=600))
        for bar in group:
            out.append(_bar(bar, y, left, where, show))
            y += ROW
        y += 6
    grid = []
    for tick in scale.ticks():
        x = where(tick)
        grid.append(f'<line x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{y}" stroke="{GRID}"/>')
        grid.append(_text(x, y + 17, show(tick), 12, FAINT, "middle"))
    note = "logarithmic scale" if scale.log else ""
    legend, y = _legend(sorted({bar.kind for bar in every}, key=list(KINDS).index), y + 44)
    return _page(title, subtitle, note, grid + out + legend, y)


def _bar(bar, y, left, where, show):
    fill, edge, _ = KINDS[bar.kind]
    middle = y + BAR / 2
    end = where(bar.value)
    dash = ' stroke-dasharray="4 2"' if bar.kind == "limit" else ""
    weight = 600 if bar.kind == "gantry" else 400
    parts = [
        _text(left - 8, middle + 4.5, _short(bar.label, 35), 13, INK, "end", weight),
        f'<rect x="{left}" y="{y}" width="{max(end - left, 1):.1f}" height="{BAR}" fill="{fill}" '
        f'stroke="{edge}"{dash}/>']
    low, high = where(bar.low), where(bar.high)
    if high - low > 2:
        parts.append(
            f'<path d="M{low:.1f} {middle}H{high:.1f}M{low:.1f} {middle - 4}v8M{high:.1f} {middle - 4}v8" '
            f'stroke="{INK}" stroke-width="1.2" fill="none"/>')
    parts.append(_text(max(end, high) + 8, middle + 4.5, show(bar.value), 13, INK, weight=weight))
    return "".join(parts)


def _legend(kinds, y):
    out, x = [], MARGIN
    for kind in kinds:
        fill, edge, name = KINDS[kind]
        dash = ' stroke-dasharray="4 2"' if kind == "limit" else ""
        out.append(f'<rect x="{x}" y="{y - 10}" width="14" height="12" fill="{fill}" stroke="{edge}"{dash}/>')
        out.append(_text(x + 20, y, name, 12, FAINT))
        x += 20 + 6.4 * len(name) + 22
    return out, y + 18


def curves(title, subtitle, panels, show, show_x):
    """Panels of curves, two in a row; x is logarithmic, y from 0 or, where it is wide, logarithmic."""
    names = list(dict.fromkeys(name for panel in panels for name, _ in panel.series))
    colours = {name: SERIES[index % len(SERIES)] for index, name in enumerate(names)}
    width, height = (WIDTH - 3 * MARGIN) / 2, 250
    out, top = [], 84
    for index, panel in enumerate(panels):
        x = MARGIN + (index % 2) * (width + MARGIN)
        y = top + (index // 2) * (height + 20)
        out.append(_panel(panel, x, y, width, height, colours, show, show_x))
    y = top + math.ceil(len(panels) / 2) * (height + 20) + 16
    x = MARGIN
    for name in names:
        out.append(f'<rect x="{x}" y="{y - 9}" width="14" height="10" fill="{colours[name]}"/>')
        out.append(_text(x + 20, y, name, 12, FAINT))
        x += 20 + 6.6 * len(name) + 22
    return _page(title, subtitle, "", out, y + 18)


def _panel(panel, x, y, width, height, colours, show, show_x):
    points = [point for _, series in panel.series for point in series]
    values = [value for point in points for value in point[1:]]
    scale = _Scale(values, headroom=1.15)
    left, right, above, below = x + 62, x + width - 12, y + 30, y + height - 44
    place = scale.placed(below, above)
    least, most = min(point[0] for point in points), max(point[0] for point in points)
    span = math.log(most / least) or 1

    def across(value):
        return left + (right - left) * math.log(value / least) / span

    note = " (logarithmic)" if scale.log else ""
    out = [_text(x, y + 14, panel.title + note, 14, weight=600)]
    for tick in scale.ticks(4):
        at = place(tick)
        out.append(f'<line x1="{left}" y1="{at:.1f}" x2="{right}" y2="{at:.1f}" stroke="{GRID}"/>')
        out.append(_text(left - 6, at + 4, show(tick), 12, FAINT, "end"))
    free = -math.inf
    for value in sorted({point[0] for point in points}):
        at = across(value)
        out.append(f'<line x1="{at:.1f}" y1="{below}" x2="{at:.1f}" y2="{below + 4}" stroke="{FAINT}"/>')
        label = show_x(value)
        half = 3.6 * len(label) + 3
        if at - half >= free:
            out.append(_text(at, below + 18, label, 12, FAINT, "middle"))
            free = at + half
    out.append(f'<line x1="{left}" y1="{below}" x2="{right}" y2="{below}" stroke="{FAINT}"/>')
    out.append(_text((left + right) / 2, below + 36, panel.x_title, 12, FAINT, "middle"))
    for name, series in panel.series:
        colour = colours[name]
        path = "L".join(f"{across(a):.1f} {place(b):.1f}" for a, b, _, _ in series)
        out.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for a, b, low, high in series:
            out.append(
                f'<path d="M{across(a):.1f} {place(low):.1f}V{place(high):.1f}" stroke="{colour}" stroke-width="1"/>'
                f'<circle cx="{across(a):.1f}" cy="{place(b):.1f}" r="3.5" fill="{colour}"/>')
    return "".join(out)


class _Scale:
    """Where a value lies: linear from 0, or logarithmic where the values are wide apart."""

    def __init__(self, values, linear_to=None, headroom=1.0):
        positive = [value for value in values if value > 0] or [1.0]
        self.log = linear_to is None and len(positive) == len(values) and max(positive) / min(positive) > WIDE
        self.most = max(positive) * headroom
        if linear_to is not None:
            self.most = max(linear_to, self.most)
        # Below the least value, so that its bar is one.
        self.least = _floor125(min(positive) / 1.6) if self.log else 0.0

    def placed(self, start, end):
        """The function from values to coordinates."""
        if not self.log:
            return lambda value: start + (end - start) * value / self.most
        span = math.log(self.most / self.least)
        return lambda value: start + (end - start) * math.log(max(value, self.least) / self.least) / span

    def ticks(self, about=5):
        if self.log:
            first, last = math.ceil(math.log10(self.least) - 1e-9), math.floor(math.log10(self.most) + 1e-9)
            every = max(1, math.ceil((last - first + 1) / 6))
            tens = [10.0**power for power in range(first, last + 1, every)]
            if len(tens) > 2:
                return tens
            fives = [digit * 10.0**power for power in range(first - 1, last + 1) for digit in (1, 2, 5)]
            return [tick for tick in fives if self.least * 0.999 <= tick <= self.most]
        step = _ceil125(self.most / about)
        return [step * index for index in range(int(self.most / step + 1e-9) + 1)]


def _floor125(value):
    power = 10.0 ** math.floor(math.log10(value))
    return max(digit * power for digit in (1, 2, 5) if digit * power <= value * (1 + 1e-9))


def _ceil125(value):
    power = 10.0 ** math.floor(math.log10(value))
    return min(digit * power for digit in (1, 2, 5, 10) if digit * power >= value * (1 - 1e-9))


def _short(text, most):
    return text if len(text) <= most else text[: most - 1] + "…"


def _text(x, y, text, size, fill=INK, anchor="start", weight=400):
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{fill}" text-anchor="{anchor}" '
        f'font-weight="{weight}">{escape(text)}</text>')


def _page(title, subtitle, note, parts, height):
    notes = [_text(WIDTH - MARGIN, 36, note, 12, FAINT, "end")] if note else []
    body = "\n".join([
        f"<title>{escape(title)}</title>",
        f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1:.0f}" rx="8" fill="{PAPER}" stroke="{EDGE}"/>',
        _text(MARGIN, 36, title, 20, weight=600), _text(MARGIN, 60, subtitle, 13, FAINT), *notes, *parts])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:.0f}" '
        f'viewBox="0 0 {WIDTH} {height:.0f}" role="img" font-family="{FONT}">\n{body}\n</svg>\n')
