"""Compares counts with their thresholds, and prints a line for each."""

# How far above what was measured a threshold is set: (factor, what is added). Bytes and instructions repeat, but compilers
# differ a little; what scheduling adds to repeats within some tenths.
MARGINS = {"calls": (1.6, 0.02), "memory": (1.05, 0.02), "ring": (1.08, 0)}
SCHEDULED = (1.5, 0.2)


def margin(group, name):
    """The factor and the sum for one count."""
    return SCHEDULED if name.startswith("allocations") else MARGINS[group]


def compare(group, values, limits, write):
    """Prints a table; returns how many counts are over. Sets the limits first where `write` says so."""
    if write:
        limits.clear()
        for name, value in values.items():
            factor, more = margin(group, name)
            limits[name] = {"measured": float(f"{value:.4g}"), "threshold": float(f"{value * factor + more:.3g}")}
    over = 0
    print(f"{group:<64} {'counted':>10} {'threshold':>10}")
    for name, value in values.items():
        limit = limits.get(name, {}).get("threshold")
        is_ok = limit is not None and value <= limit
        over += not is_ok
        print(f"  {name:<62} {value:>10.4g} {'none' if limit is None else format(limit, '>10.4g')}  {'ok' if is_ok else 'FAIL'}")
    for name in limits.keys() - values.keys():
        over += 1
        print(f"  {name:<62} is not counted any more: take it out of thresholds.json  FAIL")
    return over
