"""Medians, spreads and ratios of a workload's rounds. Pure: reads the record that the results keep of a workload.

A ratio is taken within a round, because the machine moves between rounds, and then the median of the ratios is shown.
Above 1, the baseline is the better of the two, whatever the figure.
"""

import statistics

from .workloads import HIGHER_IS_BETTER

BASELINES = ("gantry", "ring-gantry")
PROCESSES = ("processes", "swift-processes")
PROCESSES_NAME = "independent processes"


def spread(values):
    """Median, least, most, and the median of the distances from the median."""
    middle = statistics.median(values)
    return {
        "median": middle, "min": min(values), "max": max(values),
        "mad": statistics.median(abs(value - middle) for value in values), "rounds": len(values)}


def within_rounds(record, top, bottom, figure, bottom_figure=None):
    """The quotients of two entries' figures, one of each round that counts and has both."""
    quotients = []
    for one in record["rounds"]:
        above = one["results"].get(top, {}).get(figure)
        below = one["results"].get(bottom, {}).get(bottom_figure or figure)
        if one["kept"] and above is not None and below:
            quotients.append(above / below)
    return quotients


def add_efficiency(record):
    """Gives each result its efficiency: the time of as many independent processes in the same round, over its own.

    A contestant in another language computes something else for as long, and brings the time of its own processes.
    """
    reference = next(
        (key for key, entry in record["entries"].items()
         if entry["companion"] is None and (entry["id"] in PROCESSES or entry["name"] == PROCESSES_NAME)), None)
    for one in record["rounds"]:
        base = one["results"].get(reference, {}).get("seconds")
        for figures in one["results"].values():
            ideal = figures.get("independent") or base
            if ideal and figures.get("seconds"):
                figures["efficiency"] = ideal / figures["seconds"]


def baseline(record):
    """The entry that ratios are against: Gantry, or among rings Gantry's own; None where it did not run."""
    mains = [key for key, entry in record["entries"].items() if entry["companion"] is None and entry["point"] is None]
    return next((key for id in BASELINES for key in mains if record["entries"][key]["id"] == id), None)


def summary(record):
    """{key: {figure: spread, with "ratio" a spread too where there is a baseline}} of the rounds that count."""
    base = baseline(record)
    out = {}
    for key, entry in record["entries"].items():
        out[key] = {}
        # A companion has figures of its own: all of them are kept, and the report picks.
        for figure in record["figures"]:
            values = [
                one["results"][key][figure] for one in record["rounds"]
                if one["kept"] and one["results"].get(key, {}).get(figure) is not None]
            if not values:
                continue
            out[key][figure] = spread(values)
            if base is None or entry["point"] is not None:
                continue
            if figure in HIGHER_IS_BETTER:
                quotients = within_rounds(record, base, key, figure)
            else:
                quotients = within_rounds(record, key, base, figure)
            if quotients:
                out[key][figure]["ratio"] = spread(quotients)
    return out
