"""Allocations and copied bytes of a map, counted by calls.c, which is loaded in front of the C library."""

import os
import struct
import tempfile

from runs import ONE_PROCESSOR, Difference, start

HEADER, ROW, ROWS = 64, struct.Struct("8Q"), 1024
COUNTS = ("allocations", "allocated bytes", "copies", "copied bytes", "large copies", "large copied bytes")
MEBIBYTE = 1 << 20


def measure(program, counter):
    """Names and values of everything counted here."""

    def count(plan, inputs):
        with tempfile.NamedTemporaryFile(prefix="gantry-counts-") as table:
            table.truncate(HEADER + ROWS * ROW.size)
            environment = dict(os.environ, LD_PRELOAD=str(counter), GANTRY_COUNTS=table.name)
            run = start(program, plan, inputs, before=ONE_PROCESSOR, env=environment)
            rows = table.read()
        for offset in range(HEADER, len(rows), ROW.size):
            pid, *counts = ROW.unpack_from(rows, offset)
            for what, amount in zip(COUNTS, counts, strict=False):
                run.add(run.role(pid), what, amount)
        run.demand("allocations", "the C library's malloc was not replaced. Is the program linked to a shared glibc?")
        return run

    automatic = Difference(count, "square", 2_000_000, 10_000_000, times=3)
    # Cheap, and the least of many: how often the driver is put to sleep between two chunks adds to its allocations.
    fixed = Difference(count, "square 1024", 1_000_000, 4_000_000, times=15)
    blobs = Difference(count, "length", 32, 160, times=3)
    echoes = Difference(count, "echo", 32, 160, times=3)
    width = 8
    values = {}
    for role in ("driver", "container"):
        plural = role if role == "driver" else "containers"
        values |= {
            f"allocations / 1,000 inputs, {plural}": automatic.per_thousand_inputs(role, "allocations"),
            f"allocations / 1,000 chunks of 1,024, {plural}": fixed.per_thousand_chunks(role, "allocations"),
            f"bytes copied / byte of Int in and out, {plural}": automatic.per_byte(role, "copied bytes", 2 * width),
            f"bytes copied / byte of 1 MiB in, {plural}": blobs.per_byte(role, "large copied bytes", MEBIBYTE),
            f"bytes copied / byte of 1 MiB echoed, {plural}": echoes.per_byte(role, "large copied bytes", MEBIBYTE),
            f"bytes allocated / byte of 1 MiB in, {plural}": blobs.per_byte(role, "allocated bytes", MEBIBYTE),
            f"bytes allocated / byte of 1 MiB echoed, {plural}": echoes.per_byte(role, "allocated bytes", MEBIBYTE),
        }
    return values
