"""The ping-pong probe: how long a cache line takes between two cores right now, which moves as virtual CPUs are moved.

Each round is preceded by one probe. A round whose probe is far above the median of all of this run is set aside.
"""

import statistics

from . import contestants
from .workloads import Workload

PINGPONG = "pingpong"
LIMIT = 1.5  # times the median of all probes
TIMEOUT = 20


class Probe:
    """Probes by the contestant that has `pingpong`; without one every probe is None, and no round is set aside."""

    def __init__(self, found, root):
        self.contestant = next((one for one in found if PINGPONG in one.workloads), None)
        self.root = root
        self.all = []
        self.why_not = None if self.contestant else "No contestant offers the ping-pong probe."

    def __call__(self):
        """The seconds of one probe, or None."""
        if self.contestant is None:
            return None
        workload = Workload(PINGPONG, "", "", None)
        try:
            result, _ = contestants.measure(self.contestant, workload, None, {}, 2, TIMEOUT, self.root, id=PINGPONG)
        except contestants.Failure as failure:
            self.why_not = f"The ping-pong probe failed: {failure}"
            return None
        value = next((result[key] for key in ("round_trip", "p50", "seconds") if result.get(key)), None)
        if value is not None:
            self.all.append(value)
        return value

    def median(self):
        return statistics.median(self.all) if self.all else None

    def is_far(self, value):
        """Whether the cores were far apart, by what this run has seen so far."""
        return value is not None and bool(self.all) and value > LIMIT * self.median()
