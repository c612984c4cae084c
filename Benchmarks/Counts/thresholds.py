"""Compares counts with their thresholds, and prints a line for each."""

# How far above what was measured a threshold is set: the first line whose words a count begins with has its factor, and
# what is added to the product. Each is somewhat more than the spread of ten runs, some of them on a busy machine. One
# more of anything a chunk is 1,000 more in 1,000 of them.
MARGINS = (
    ("system calls / 1,000 inputs, on all processors", 2.5, 0.2),
    ("wakes of the driver / ", 1.3, 60),
    ("wakes of the driver's threads", 1.8, 0),
    ("allocations / 1,000 inputs", 1.4, 0.02),
    ("allocations / 1,000 chunks", 1.3, 20),
    ("bytes copied / byte of Int", 1.15, 0.01),
    ("bytes copied", 1.03, 0.01),
    ("bytes allocated", 1.03, 0.01),
    ("bytes / ", 1, 0),
    ("instructions", 1.06, 0.5),
    ("", 1.4, 0),
)


def threshold(name, value):
    """The threshold that goes with a measured value."""
    factor, more = next((factor, more) for words, factor, more in MARGINS if name.startswith(words))
    return float(f"{max(0, value) * factor + more:.3g}")


def compare(group, values, limits, write):
    """Prints a table; returns how many counts are over. Sets the limits first where `write` says so."""
    if write:
        limits.clear()
        for name, value in values.items():
            limits[name] = {"measured": float(f"{value:.3g}"), "threshold": threshold(name, value)}
    over = 0
    print(f"{group:<62} {'counted':>9} {'threshold':>9}")
    for name, value in values.items():
        limit = limits.get(name, {}).get("threshold")
        is_ok = limit is not None and value <= limit
        over += not is_ok
        limit = "none" if limit is None else f"{limit:.4g}"
        print(f"  {name:<60} {value:>9.4g} {limit:>9}  {'ok' if is_ok else 'FAIL'}", flush=True)
    for name in sorted(limits.keys() - values.keys()):
        over += 1
        print(f"  {name:<60} is counted no more: take it out of thresholds.json  FAIL")
    return over
