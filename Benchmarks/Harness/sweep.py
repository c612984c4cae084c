"""Finds each contestant's best settings: every combination that it declares runs once, and the best is kept."""

import itertools

from .contestants import Failure
from .workloads import HIGHER_IS_BETTER

# A setting may take this many times as long as the best so far, and these seconds more, before it is given up.
PATIENCE, GRACE = 3, 5
DECISIVE = ("seconds", "p50", "round_trip", "bytes_per_second")


def combinations(settings):
    """The cartesian product of {"chunk": [0, 1024], ...}, as a list of {"chunk": 0, ...}."""
    return [dict(zip(settings, values, strict=True)) for values in itertools.product(*settings.values())]


def first(settings):
    """The settings where no sweep is wanted: the first value of each."""
    return {key: values[0] for key, values in settings.items()}


def sweep(settings, figure, run, timeout):
    """The best settings, and what was tried as [{"settings", "value" or "failure"}]; best None where all failed.

    `run(settings, timeout)` gives the figures and the seconds the command took, or raises Failure. Without a figure,
    the first of DECISIVE that a result has decides.
    """
    tried, best, best_took = [], None, None
    for combination in combinations(settings):
        patience = timeout if best_took is None else min(timeout, PATIENCE * best_took + GRACE)
        try:
            result, took = run(combination, patience)
        except Failure as failure:
            tried.append({"settings": combination, "failure": str(failure)})
            continue
        figure = figure or next(key for key in DECISIVE if key in result)
        tried.append({"settings": combination, "value": result[figure]})
        value = -result[figure] if figure in HIGHER_IS_BETTER else result[figure]
        if best is None or value < best[0]:
            best, best_took = (value, combination), took
    return (best[1] if best else None), tried
