"""What is measured: each workload's inputs, figures, and what runs beside it in the same rounds. A table, no I/O.

A contestant is told a workload by its id; BENCHMARKS in the ids' order is also the order of the report.
"""

import dataclasses

MEBI = 1 << 20
QUICK_MESSAGES = 10_000

# Figures where more is better; of all others, less is.
HIGHER_IS_BETTER = {"bytes_per_second", "per_second", "efficiency"}


@dataclasses.dataclass(frozen=True)
class Companion:
    """Another workload that runs in the same rounds, because a goal compares the two; ids None: whoever has it."""

    workload: str
    title: str | None = None  # where it is not the contestant that is of interest
    ids: tuple | None = None


@dataclasses.dataclass(frozen=True)
class Workload:
    """One comparison. The first of `figures` decides sweeps, and is what a result must hold or can be computed from."""

    id: str
    title: str
    section: str
    count: int | None  # inputs; None: the contestant's own choice
    figures: tuple = ("seconds",)
    companions: tuple = ()
    bytes_per_input: int = 0  # that cross between processes
    least: int = 1  # inputs, of a quick run
    start_clock: bool = False  # pass start=<CLOCK_MONOTONIC when the command was started, in ns>
    # A curve: the setting that is varied, and its points. `count` is then the inputs in all, unless the axis is n.
    axis: str | None = None
    points: tuple = ()
    quick_points: tuple = ()
    long_points: tuple = ()  # of a long run, besides

    def quick_count(self, divisor):
        if self.section == "ring":
            return QUICK_MESSAGES
        return None if self.count is None else max(self.least, self.count // divisor)


SECTIONS = {
    "w1": "Squares of 8 million integers",
    "w2-w4": "Two arguments, strings, records",
    "w5": "Blobs of 1 MiB",
    "w6": "JSON lines",
    "cpu": "Pure CPU: efficiency",
    "w9": "Single calls: latency",
    "w10": "Cold starts and restarts",
    "w11": "Inputs that crash",
    "w12": "Growth",
    "idle": "Idle containers",
    "ring": "Ring against ring",
}

LANES = (
    Companion("lane-w1", "the C ring alone"),
    Companion("lane-w1-marked", "the C ring alone, inputs marked"),
    Companion("lane-w1-unchecked", "the C ring alone, no checksums"),
)
FUTEX = (Companion("futex-pingpong", "futex ping-pong"),)
COLLECT = Companion("w1-collect", ids=("gantry",))
TIME = ("seconds", "per_input")
BYTES = ("seconds", "bytes_per_second")
CPU = ("seconds", "efficiency")
LATENCY = ("p50", "p99", "p999")

WORKLOADS = [
    Workload("w1-collect", "all results in one array, input order", "w1", 8_000_000, TIME, LANES),
    Workload("w1-iterate", "read in order by the library's iterator", "w1", 8_000_000, TIME, (COLLECT,)),
    Workload("w1-await", "read one by one by `for try await`", "w1", 8_000_000, TIME,
             (Companion("w1-bare-await", "a bare batched async iterator"), COLLECT)),
    Workload("w1-unordered", "completion order, summed", "w1", 8_000_000, TIME),
    Workload("w1-foreach", "results thrown away", "w1", 8_000_000, TIME),
    Workload("w2", "two arguments, a * b + 1", "w2-w4", 2_000_000, TIME),
    Workload("w3", "strings of 50 bytes, one byte appended", "w2-w4", 1_000_000, TIME),
    Workload("w4", "records of five fields", "w2-w4", 500_000, TIME),
    Workload("w5-in", "blobs in, their lengths out", "w5", 256, BYTES,
             (Companion("memcpy-in", "two-process memcpy"),), MEBI, 16),
    Workload("w5-echo", "blobs in, the same blobs out; bytes of one way counted", "w5", 256, BYTES,
             (Companion("memcpy-echo", "two-process memcpy, and back"),), MEBI, 16),
    Workload("w6", "JSON lines parsed in the worker", "w6", 200_000, TIME),
    Workload("w7", "100 us of CPU an input", "cpu", 20_000, CPU, least=1_000),
    Workload("w8-ordered", "10 us an input, every 100th 1 ms, input order", "cpu", 20_000, CPU, least=2_000),
    Workload("w8-unordered", "10 us an input, every 100th 1 ms, completion order", "cpu", 20_000, CPU, least=2_000),
    Workload("w9-idle", "one call after another, workers idle", "w9", 20_000, LATENCY, FUTEX, least=1_000),
    Workload("w9-nospin", "the same where waiting sides may not spin", "w9", 20_000, LATENCY, FUTEX, least=1_000),
    Workload("w9-loaded", "one call after another while a map keeps the workers busy", "w9", 2_000, LATENCY, least=100),
    Workload("w10-first", "from the start of the program to its first result", "w10", None, start_clock=True),
    Workload("w10-containers", "64 cold containers", "w10", 64, ("per_container", "seconds"), least=64),
    Workload("w10-restarts", "containers replaced, one after another", "w10", 1_000, ("per_container", "seconds"),
             least=20),
    Workload("w11", "100 us of CPU an input, 1 % of the inputs kill their worker", "w11", 2_000,
             ("seconds", "lost_per_crash", "delivered", "lost"), least=400),
    Workload("idle", "a program with 64 idle containers", "idle", None, ("wakes_per_second", "cpu_seconds")),
    Workload("w12-inputs", "inputs of one map", "w12", None, ("per_input", "seconds", "growth_bytes"), axis="n",
             points=(10_000, 100_000, 1_000_000, 10_000_000, 100_000_000),
             quick_points=(10_000, 100_000, 1_000_000), long_points=(1_000_000_000,)),
    Workload("w12-containers", "containers", "w12", 8_000_000, ("per_input", "seconds"), axis="workers",
             points=(1, 2, 4, 8, 16, 32, 64), quick_points=(1, 2, 8)),
    Workload("w12-maps", "maps at once, the same inputs in all", "w12", 8_000_000, ("per_input", "seconds"),
             axis="maps", points=(1, 2, 5, 10, 20, 50, 100, 200), quick_points=(1, 2, 10)),
    Workload("w12-chunks", "inputs in a chunk", "w12", 8_000_000, ("per_input", "seconds"), axis="chunk",
             points=(1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536), quick_points=(16, 1_024, 65_536)),
]


def catalogue(contestants):
    """WORKLOADS and, after them, one of section "ring" for each `ring-…` that a contestant has."""
    rings = {id for contestant in contestants for id in contestant.workloads if id.startswith("ring-")}

    def size(id):
        digits = "".join(c for c in id if c.isdigit())
        return (int(digits or 0), id)

    return WORKLOADS + [
        Workload(id, f"messages of {size(id)[0]:,} bytes", "ring", None, ("per_second", "bytes_per_second"))
        for id in sorted(rings, key=size)]


def figures(workload, result, count):
    """A result's numbers, and those that follow from them: of each input, of each message, bytes a second."""
    out = {key: float(value) for key, value in result.items() if isinstance(value, int | float)}
    seconds = out.get("seconds")
    if not seconds:
        return out
    inputs = out.get("n") or count
    if inputs and "per_input" in workload.figures:
        out.setdefault("per_input", seconds / inputs)
    if inputs and workload.bytes_per_input:
        out["bytes_per_second"] = inputs * workload.bytes_per_input / seconds
    if inputs and "per_container" in workload.figures:
        out.setdefault("per_container", seconds / inputs)
    if "per_second" in workload.figures and out.get("messages_per_second"):
        out["per_second"] = out["messages_per_second"]
    return out
