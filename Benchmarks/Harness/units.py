"""Numbers for people: a unit that leaves one to three digits before the point. Pure."""

TIMES = ((1, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns"))
SIZES = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1, "B"))
COUNTS = ((1e9, "G"), (1e6, "M"), (1e3, "k"), (1, ""))


def digits(value):
    """Three digits that count, without an exponent."""
    size = abs(value)
    # Nearly whole: what a division has left of a whole number.
    if size >= 99.95 or abs(value - round(value)) < 1e-9:
        return f"{value:,.0f}"
    if size >= 9.995:
        return f"{value:.1f}"
    return f"{value:.2f}" if size >= 0.0995 else f"{value:.3g}"


def _scaled(value, units):
    for size, name in units:
        if abs(value) >= size * 0.9995:
            return f"{digits(value / size)} {name}".strip()
    size, name = units[-1]
    return f"{digits(value / size)} {name}".strip()


def time(seconds):
    return "0 s" if seconds == 0 else _scaled(seconds, TIMES)


def count(value):
    """1,234 as it is; from a million on, 8 M."""
    return _scaled(value, COUNTS) if value >= 1e6 else digits(value)


def figure(name, value):
    """A figure's value with its unit, by the figure's name."""
    if name == "bytes_per_second":
        return _scaled(value, SIZES) + "/s"
    if name == "efficiency":
        return f"{100 * value:.3g} %"
    if name == "wakes_per_second":
        return f"{digits(value)} /s"
    if name == "per_second":
        return f"{_scaled(value, COUNTS)}/s"
    return count(value) if name in ("delivered", "lost") else time(value)


def goal(unit, value):
    """A value of a goal."""
    if unit == "s":
        return time(value)
    if unit == "B":
        return f"{digits(value / 2**20)} MiB"
    if unit == "":
        return f"{value:.3g}"
    return {"x": f"{digits(value)} x", "/s": f"{digits(value)} /s"}[unit]


def settings(values):
    """Settings in one line; a chunk of 0 is the contestant's own choice."""
    return ", ".join(f"{key} {'its own' if (key, value) == ('chunk', 0) else value}" for key, value in values.items())
