"""The goals, and how the results stand to them. Pure: reads the results, reports, and gates nothing.

A goal compares two entries of one workload's rounds, so that both ran in the same minute on the same machine; what
else it needs from another workload runs there as a companion.
"""

import dataclasses
import statistics

from . import ratios

GANTRY = ("gantry",)
POOL = ("pool",)
PARMAP = ("parmap-shared", "parmap-array", "parmap")


class NotMeasured(Exception):
    """Says in a sentence what is missing."""


@dataclasses.dataclass(frozen=True)
class Who:
    """An entry of a workload's rounds: the first of `ids` that is there, or any; a companion by its workload."""

    ids: tuple | None = None
    companion: str | None = None

    def key(self, workload, record):
        for id in self.ids or (None,):
            for key, entry in record["entries"].items():
                if entry["companion"] == self.companion and entry["point"] is None and id in (None, entry["id"]):
                    return key
        who = self.companion or f'"{self.ids[0]}"'
        raise NotMeasured(f"{who} did not run in {workload}")


@dataclasses.dataclass(frozen=True)
class Goal:
    """`measure(results)` gives the value or raises NotMeasured; exactly one of the bounds is set."""

    section: str
    what: str
    measure: object
    at_least: float | None = None
    at_most: float | None = None
    below: float | None = None
    unit: str = "x"
    aimed: float | None = None


def _record(results, workload):
    record = results["workloads"].get(workload)
    if record is None or not record["rounds"]:
        raise NotMeasured(f"{workload} did not run")
    return record


def quotient(workload, top, bottom, figure="seconds", bottom_figure=None):
    """The median over the rounds of one entry's figure over another's."""

    def measure(results):
        record = _record(results, workload)
        values = ratios.within_rounds(
            record, top.key(workload, record), bottom.key(workload, record), figure, bottom_figure)
        if not values:
            raise NotMeasured(f"no round of {workload} has both")
        return statistics.median(values)

    return measure


def figure(workload, name, who=None):
    """The median over the rounds of a figure of Gantry's."""

    def measure(results):
        record = _record(results, workload)
        key = (who or Who(GANTRY)).key(workload, record)
        return _median(record, key, name, workload)

    return measure


def _median(record, key, name, workload):
    values = [
        one["results"][key][name] for one in record["rounds"]
        if one["kept"] and one["results"].get(key, {}).get(name) is not None]
    if not values:
        raise NotMeasured(f'{workload} gave no "{name}"')
    return statistics.median(values)


def _points(results, workload):
    record = _record(results, workload)
    return record, {
        entry["point"]: key for key, entry in record["entries"].items()
        if entry["id"] in GANTRY and entry["point"] is not None}


def growth(workload, start):
    """The worst time of an input at any point above `start`, over that at `start`."""

    def measure(results):
        record, points = _points(results, workload)
        above = [point for point in points if point > start]
        if start not in points or not above:
            raise NotMeasured(f"{workload} has no points from {start:,} on")
        base = _median(record, points[start], "per_input", workload)
        return max(_median(record, points[point], "per_input", workload) for point in above) / base

    return measure


def kept_speed(workload, few, many):
    """The speed at `many` over that at `few`."""

    def measure(results):
        record, points = _points(results, workload)
        for point in (few, many):
            if point not in points:
                raise NotMeasured(f"{workload} has no point {point}")
        return _median(record, points[few], "per_input", workload) / _median(
            record, points[many], "per_input", workload)

    return measure


def most(workload, name):
    """The greatest median of a figure at any point of a curve."""

    def measure(results):
        record, points = _points(results, workload)
        found = []
        for key in points.values():
            try:
                found.append(_median(record, key, name, workload))
            except NotMeasured:
                continue
        if not found:
            raise NotMeasured(f'{workload} gave no "{name}"')
        return max(found)

    return measure


def times_as_fast(workload, ids, name="seconds"):
    return quotient(workload, Who(ids), Who(GANTRY), name)


def of_memcpy(workload, companion):
    return quotient(workload, Who(GANTRY), Who(None, companion), "bytes_per_second")


GOALS = [
    Goal("w1", "W1 collect: speed of the C ring lane alone", quotient("w1-collect", Who(None, "lane-w1"), Who(GANTRY)),
         at_least=0.6),
    Goal("w1", "W1 collect: times as fast as Pool.map", times_as_fast("w1-collect", POOL), at_least=15, aimed=30),
    Goal("w1", "W1 collect: times as fast as Parmap", times_as_fast("w1-collect", PARMAP), at_least=4),
    Goal("w1", "W1 by batches: time of collect", quotient("w1-iterate", Who(GANTRY), Who(GANTRY, "w1-collect")),
         at_most=1.2),
    Goal("w1", "W1 by batches: times as fast as Pool.imap", times_as_fast("w1-iterate", POOL), at_least=12),
    Goal("w1", "W1 `for try await`: time of collect and a bare batched async iterator",
         lambda results: _await_over_bare(results), at_most=1.25),
    Goal("w2-w4", "W2: times as fast as Pool.starmap", times_as_fast("w2", POOL), at_least=10),
    Goal("w2-w4", "W3: times as fast as Pool.map", times_as_fast("w3", POOL), at_least=4, aimed=8),
    Goal("w2-w4", "W4: times as fast as Pool.map", times_as_fast("w4", POOL), at_least=8),
    Goal("w5", "W5 in: times as fast as Pool.imap", times_as_fast("w5-in", POOL), at_least=2.5),
    Goal("w5", "W5 in: rate of memcpy's", of_memcpy("w5-in", "memcpy-in"), at_least=0.5),
    Goal("w5", "W5 echo: times as fast as Pool.imap", times_as_fast("w5-echo", POOL), at_least=10),
    Goal("w5", "W5 echo: rate of memcpy's", of_memcpy("w5-echo", "memcpy-echo"), at_least=0.5),
    Goal("cpu", "W7: efficiency against independent processes", figure("w7", "efficiency"), at_least=0.97, unit=""),
    Goal("cpu", "W8 unordered: efficiency", figure("w8-unordered", "efficiency"), at_least=0.95, unit=""),
    Goal("cpu", "W8 ordered: efficiency", figure("w8-ordered", "efficiency"), at_least=0.90, unit=""),
    Goal("w9", "W9: p50 where spinning is allowed", figure("w9-idle", "p50"), below=5e-6, unit="s"),
    Goal("w9", "W9: p50 in kernel round trips where it is not",
         quotient("w9-nospin", Who(GANTRY), Who(None, "futex-pingpong"), "p50"), below=1.3),
    Goal("w9", "W9: times as fast as Pool.apply, p50", times_as_fast("w9-idle", POOL, "p50"), at_least=5),
    Goal("w9", "W9: times as fast as Pool.apply, p99", times_as_fast("w9-idle", POOL, "p99"), at_least=5),
    Goal("w10", "W10: first result after the program's start", figure("w10-first", "seconds"), at_most=0.020, unit="s"),
    Goal("w10", "W10: a cold container", figure("w10-containers", "per_container"), at_most=0.002, unit="s"),
    Goal("w11", "W11: container time lost by a crash", figure("w11", "lost_per_crash"), at_most=0.003, unit="s"),
    Goal("w12", "W12: time of an input, at most, from 10^6 on", growth("w12-inputs", 1_000_000), at_most=1.3),
    Goal("w12", "W12: speed with 64 containers of that with 2", kept_speed("w12-containers", 2, 64), at_least=0.8),
    Goal("w12", "W12: growth of the driver over idle and the arena", most("w12-inputs", "growth_bytes"),
         below=64 * 2**20, unit="B"),
    Goal("idle", "64 idle containers: wakes a second in all", figure("idle", "wakes_per_second"), at_most=2, unit="/s"),
]


def _await_over_bare(results):
    """One entry over the sum of two, within each round."""
    record = _record(results, "w1-await")
    whole = Who(GANTRY).key("w1-await", record)
    parts = [
        Who(None, "w1-bare-await").key("w1-await", record), Who(GANTRY, "w1-collect").key("w1-await", record)]
    values = []
    for one in record["rounds"]:
        seconds = [one["results"].get(key, {}).get("seconds") for key in [whole, *parts]]
        if one["kept"] and all(seconds):
            values.append(seconds[0] / (seconds[1] + seconds[2]))
    if not values:
        raise NotMeasured("no round of w1-await has all three")
    return statistics.median(values)


def check(results, sections=None):
    """Each goal as {"section", "what", "goal", "value", "unit", "status", "why"}; only of `sections` where given."""
    out = []
    for goal in GOALS:
        if sections is not None and goal.section not in sections:
            continue
        one = {"section": goal.section, "what": goal.what, "goal": _bound(goal), "unit": goal.unit}
        one.update(value=None, why="")
        try:
            one["value"] = goal.measure(results)
            one["status"] = "met" if _holds(goal, one["value"]) else "not met"
        except NotMeasured as missing:
            one["status"], one["why"] = "not measured", str(missing)
        out.append(one)
    return out


def _holds(goal, value):
    if goal.at_least is not None:
        return value >= goal.at_least
    return value <= goal.at_most if goal.at_most is not None else value < goal.below


def _bound(goal):
    for word, bound in (("at least", goal.at_least), ("at most", goal.at_most), ("below", goal.below)):
        if bound is not None:
            return {"word": word, "bound": bound, "aimed": goal.aimed}
    raise ValueError(f"The goal \"{goal.what}\" has no bound.")
