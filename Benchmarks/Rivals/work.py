"""What the workloads compute, how their inputs are made, and how outputs are checked: the same for every Python rival.

The functions are found by name in this module, so that libraries which pickle functions send a name and no code.
"""

import dataclasses
import json
import operator
import os
import signal
import time
import typing

MEBI = 1 << 20

# Set before any worker starts, and inherited by all, forked or not: how many steps of `burn` take 10 us.
STEPS_VARIABLE = "RIVAL_STEPS_OF_10_US"
steps = int(os.environ.get(STEPS_VARIABLE, "0"))


def square(x):
    return x * x


def combine(a, b):
    return a * b + 1


def exclaim(text):
    return text + "!"


@dataclasses.dataclass
class Record:
    """Five fields, as most users would write them."""

    id: int
    name: str
    score: float
    tags: list
    parent: int | None


class RecordTuple(typing.NamedTuple):
    """The same fields, as those write them who want them pickled fast."""

    id: int
    name: str
    score: float
    tags: list
    parent: int | None


def renumber(record):
    return type(record)(record.id + 1, record.name, record.score, record.tags, record.parent)


def weigh(blob):
    return len(blob) + sum(blob[::4096])


def echo(blob):
    return blob


def parse(line):
    fields = json.loads(line)
    return fields["id"] + sum(fields["values"])


def spin(count):
    """Pure computation: each step waits for the one before."""
    state = 1
    for _ in range(count):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
    return state


def calibrate():
    """Finds how many steps take 10 us: by the fastest of many tries, which other programs disturbed least."""
    global steps
    tried = 20_000
    best = min(_seconds_of(spin, tried) for _ in range(50))
    steps = max(1, round(tried * 10e-6 / best))
    os.environ[STEPS_VARIABLE] = str(steps)


def _seconds_of(function, argument):
    start = time.perf_counter()
    function(argument)
    return time.perf_counter() - start


def burn(x):
    """100 us of CPU."""
    spin(10 * steps)
    return x


def is_long(x):
    return ((x * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF) >> 32) % 100 == 0


def burn_skewed(x):
    """10 us of CPU, and 1 ms for one input of a hundred."""
    spin(100 * steps if is_long(x) else steps)
    return x


def burn_or_die(x):
    """100 us of CPU, or the end of the worker."""
    if x < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return burn(x)


def is_deadly(x):
    return x % 100 == 37


def numbers(count):
    return list(range(count))


def texts(count):
    return [("abcdefghij" * 5)[: 50 - len(str(x))] + str(x) for x in range(count)]


def records(count, kind):
    """Every field an object of its own, as in records that were read from somewhere."""
    return [
        kind(x, f"item-{1_000_000 + x}", x / 3, ["red", f"number {x & 7}"], x // 2 if x % 2 == 0 else None)
        for x in range(count)
    ]


def blobs(count):
    return [bytes((x & 0xFF,)) * MEBI for x in range(count)]


def lines(count):
    return [f'{{"id":{x},"name":"name {x}","values":[{x & 15},2,3]}}' for x in range(count)]


def sum_of_squares(count):
    return (count - 1) * count * (2 * count - 1) // 6


def check(outputs, expected):
    """Ends the program unless the outputs are as many as expected, and equal to them one by one."""
    expected = list(expected)
    if len(outputs) != len(expected) or not all(map(operator.eq, outputs, expected)):
        raise SystemExit(f"The outputs are wrong: {len(outputs)} for {len(expected)} inputs, or not the right ones.")
