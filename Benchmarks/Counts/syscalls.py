"""System calls and wakes of a map, out of strace's log: by process, so that driver and containers are told apart.

strace makes each call slow, and so changes a little who waits for whom. The gate is on what happens on one
processor, which repeats; the whole machine's count of calls stands beside it with more room.
"""

import re
import tempfile

from runs import ONE_PROCESSOR, Difference, start

CALL = re.compile(r"^(\d+) +(?:<\.\.\. )?(\w+)")
NEW_TASK = re.compile(r" = (\d+)$")
# An eventfd is rung by the number 1; the futex of a container's bell is shared between processes, others are private.
RING = re.compile(r'write\(\d+, "\\1\\0\\0\\0\\0\\0\\0\\0", 8')


def read_log(path, run):
    """Counts the calls of each role in a log of `strace -f`."""
    calls, process, pending = [], {}, {}
    with open(path, encoding="utf-8", errors="replace") as log:
        for line in log:
            match = CALL.match(line)
            if not match:
                continue
            task, name = int(match[1]), match[2]
            resumed = " resumed>" in line
            if not resumed:
                calls.append((task, name, line))
            if name in ("clone", "clone3", "fork", "vfork"):
                started = pending.pop(task, "") + line
                created = NEW_TASK.search(line.rstrip())
                if created and "CLONE_THREAD" in started:
                    process[int(created[1])] = task
                elif not resumed:
                    pending[task] = line
    for task, name, line in calls:
        while task in process:
            task = process[task]
        role = run.role(task)
        run.add(role, "calls", 1)
        run.add("all", "calls", 1)
        if name == "futex" and "FUTEX_WAKE" in line:
            run.add(role, "thread wakes" if "FUTEX_WAKE_PRIVATE" in line else "bells", 1)
        elif RING.search(line):
            run.add(role, "rings", 1)


def measure(program):
    """Names and values of everything counted here."""

    def count(plan, inputs, before=ONE_PROCESSOR):
        with tempfile.NamedTemporaryFile(prefix="gantry-strace-") as log:
            run = start(program, plan, inputs, before=[*before, "strace", "-f", "-qq", "-o", log.name])
            read_log(log.name, run)
        run.demand("calls", "strace could not follow it. Look whether this machine allows ptrace.")
        return run

    def count_everywhere(plan, inputs):
        return count(plan, inputs, before=())

    everywhere = Difference(count_everywhere, "square", 4_000_000, 20_000_000, times=4)
    automatic = Difference(count, "square", 4_000_000, 20_000_000, times=3)
    fixed = Difference(count, "square 1024", 1_000_000, 5_000_000, times=8)
    return {
        "system calls / 1,000 inputs, on all processors": everywhere.per_thousand_inputs("all", "calls"),
        "system calls / 1,000 inputs": automatic.per_thousand_inputs("all", "calls"),
        "system calls / 1,000 chunks of 1,024, driver": fixed.per_thousand_chunks("driver", "calls"),
        "system calls / 1,000 chunks of 1,024, containers": fixed.per_thousand_chunks("container", "calls"),
        "wakes of containers / 1,000 chunks of 1,024": fixed.per_thousand_chunks("driver", "bells"),
        "wakes of the driver / 1,000 chunks of 1,024": fixed.per_thousand_chunks("container", "rings"),
        "wakes of the driver's threads / 1,000 chunks of 1,024": fixed.per_thousand_chunks("driver", "thread wakes"),
    }
