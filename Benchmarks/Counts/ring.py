"""Instructions of the C ring, by callgrind: each step of a chunk's way, as in ring.c; and bytes of its entries."""

import os
import re
import tempfile

from programs import run

# What a call has before anything was measured: Chunking.defaultSize.
INPUTS = 49
SHORT, LONG = 500, 2500
STEPS = {
    "step_publish": "driver: publish",
    "step_claim": "container: claim",
    "step_run": "container: run",
    "step_commit": "container: commit",
    "step_take": "driver: take",
}


def read_profile(path):
    """Instructions by function, callees included. Right where nothing calls itself, as in ring.c."""
    totals, current, is_call = {}, None, False
    with open(path, encoding="utf-8") as profile:
        for line in profile:
            if line.startswith("fn="):
                current = line[3:].strip()
            elif line.startswith("calls="):
                is_call = True
            elif re.match(r"[+*\d-]\S* \d+$", line) and current:
                # Behind "calls=" stands what the callee cost, else what the function cost itself.
                totals[current] = totals.get(current, 0) + int(line.split()[1])
                is_call = False
    assert not is_call, "callgrind's profile ends behind a call."
    return totals


def profile(ring, chunks, inputs):
    """Instructions of each step for so many chunks."""
    with tempfile.NamedTemporaryFile(prefix="gantry-callgrind-") as out:
        run(
            [
                "valgrind",
                "--tool=callgrind",
                f"--callgrind-out-file={out.name}",
                "--compress-strings=no",
                "--compress-pos=no",
                "--dump-line=no",
                ring,
                str(chunks),
                str(inputs),
            ],
            env=dict(os.environ, LD_BIND_NOW="1"),
        )
        return read_profile(out.name)


def per_chunk(ring, inputs):
    """Instructions of each step a chunk: what more chunks cost, so that starting cancels out."""
    short, long = profile(ring, SHORT, inputs), profile(ring, LONG, inputs)
    missing = [step for step in STEPS if step not in long]
    if missing:
        raise SystemExit(f"callgrind knows nothing of {', '.join(missing)}: was it inlined?")
    return {step: (long[step] - short[step]) / (LONG - SHORT) for step in STEPS}


def measure(ring):
    """Names and values of everything counted here."""
    one, two = per_chunk(ring, INPUTS), per_chunk(ring, 2 * INPUTS)
    values = {f"instructions / chunk of {INPUTS}, {what}": one[step] for step, what in STEPS.items()}
    values["instructions / input, container: run"] = (two["step_run"] - one["step_run"]) / INPUTS
    facts = dict(word.split("=") for word in run([ring, "1000", "48"]).split())
    values["bytes / completion record, beside its outputs"] = float(facts["record_bytes"])
    values["bytes / descriptor"] = float(facts["descriptor_bytes"])
    return values
