"""Runs of CountedRuns and what they cost: always the difference between a long and a short one."""

import os

from programs import run

# Where two processors race, how often one waits for the other depends on how far apart they are, which differs between
# machines and, on a virtual one, between minutes. On one processor the same counts repeat within a tenth.
ONE_PROCESSOR = ("taskset", "-c", str(min(os.sched_getaffinity(0))))


class Run:
    """One run: the chunks it sent, its processes by role, and what was counted of each role."""

    def __init__(self, line):
        facts = dict(word.split("=") for word in line.split())
        self.chunks = int(facts["chunks"])
        self.driver = int(facts["driver"])
        self.containers = {int(pid) for pid in facts["containers"].split(",") if pid}
        self.counts = {}

    def role(self, pid):
        """Whose process it is. Keeper and zygote only start others: what they do is in short runs, too."""
        return "driver" if pid == self.driver else "container" if pid in self.containers else "other"

    def demand(self, what, sentence):
        """Ends the program where a role has none of something that every run has: then nothing was counted."""
        for role in ("driver", "container"):
            if not self.counts.get((role, what)):
                raise SystemExit(f"Nothing was counted of the {role}: {sentence}")

    def add(self, role, what, amount):
        """Counts something of a role."""
        self.counts[role, what] = self.counts.get((role, what), 0) + amount


def start(program, plan, inputs, before=(), **options):
    """Runs a plan, "square" or "square 1024", with so many inputs."""
    workload, *chunk = plan.split()
    return Run(run([*before, program, workload, str(inputs), *chunk], **options))


class Difference:
    """What `long - short` more inputs cost.

    Scheduling can add to a count and never takes from it what the work needs: of several runs of a length the least of
    each count is taken.
    """

    def __init__(self, count, plan, short, long, times):
        self.inputs = long - short
        self.short = [count(plan, short) for _ in range(times)]
        self.long = [count(plan, long) for _ in range(times)]
        self.chunks = min(run.chunks for run in self.long) - min(run.chunks for run in self.short)

    def of(self, role, what):
        """How much more of something the long runs had; a little below 0 where it is nothing."""
        least = [min(run.counts.get((role, what), 0) for run in runs) for runs in (self.short, self.long)]
        return least[1] - least[0]

    def per_thousand_inputs(self, role, what):
        """As `of`, for 1,000 inputs."""
        return 1000 * self.of(role, what) / self.inputs

    def per_thousand_chunks(self, role, what):
        """As `of`, for 1,000 chunks."""
        return 1000 * self.of(role, what) / self.chunks

    def per_byte(self, role, what, width):
        """As `of`, for each byte of inputs of so many bytes."""
        return self.of(role, what) / self.inputs / width
