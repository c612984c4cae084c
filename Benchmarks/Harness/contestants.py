"""Contestants: reads the registries, asks each what it can do, and runs one of them once.

A contestant is a command. `COMMAND --about` prints one JSON line with its name, its version and its workloads, each
with the settings to sweep; status 3 says that it cannot run here. `COMMAND WORKLOAD workers=2 n=100 ...` measures once
and prints a JSON object in its last line.
"""

import dataclasses
import json
import os
import time

from . import command as commands
from . import workloads

# File and the kind of contestant it lists, which decides colours and the order in tables.
REGISTRIES = [
    (os.path.join("Benchmarks", "contestants.json"), "swift"),
    (os.path.join("Benchmarks", "Rivals", "rivals.json"), "rival"),
    (os.path.join("Benchmarks", "Limits", "limits.json"), "limit"),
]
RIVALS_PYTHON = os.path.join("Benchmarks", ".rivals", "bin", "python3")
BASELINE = "gantry"
CANNOT_RUN = 3
ABOUT_TIMEOUT = 60
ON_REQUEST = ("ray", "dask")


class Failure(Exception):
    """Says in a sentence why a contestant gave no result."""


@dataclasses.dataclass
class Contestant:
    """One that answered: its command, who it is, and the settings of each of its workloads."""

    id: str
    command: list
    kind: str  # "gantry", "swift", "rival" or "limit"
    name: str
    version: str
    note: str
    workloads: dict


def registered(root):
    """What the registries list, as {"id", "command", "kind"}, of those registries that exist."""
    entries = []
    for path, kind in REGISTRIES:
        try:
            with open(os.path.join(root, path)) as file:
                listed = json.load(file)
        except FileNotFoundError:
            continue
        for entry in listed:
            id = entry["id"]
            entries.append({"id": id, "kind": _kind(id, kind), "command": _resolve(entry["command"], root)})
    ids = [entry["id"] for entry in entries]
    twice = sorted({id for id in ids if ids.count(id) > 1})
    if twice:
        raise SystemExit(f"Two contestants are called {', '.join(twice)}: give each an id of its own.")
    return entries


def _kind(id, listed):
    """What it is in tables and charts: among rings, Gantry's own are Gantry, and the others are its rivals."""
    if id == BASELINE or id.startswith("ring-gantry"):
        return "gantry"
    return "rival" if id.startswith("ring-") else listed


def _resolve(command, root):
    """`@python` is the python of the rivals' environment, or the system's where there is none."""
    python = RIVALS_PYTHON if os.path.exists(os.path.join(root, RIVALS_PYTHON)) else "python3"
    return [python if word == "@python" else word for word in command]


def ask(entry, root):
    """Makes the Contestant of a registry's entry; raises Failure where it cannot run here."""
    finished = commands.run([*entry["command"], "--about"], ABOUT_TIMEOUT, root)
    if finished.status != 0:
        raise Failure(finished.complaint(ABOUT_TIMEOUT))
    about = _last_object(finished.output)
    if not isinstance(about.get("workloads"), dict):
        raise Failure('Its --about has no "workloads".')
    return Contestant(
        entry["id"], entry["command"], entry["kind"], str(about.get("name", entry["id"])),
        str(about.get("version", "")), str(about.get("note", "")), about["workloads"])


def discover(root, only=None, requested=()):
    """Everyone that can run here, and a list of {"id", "reason"} of those that cannot or were not asked for."""
    found, skipped = [], []
    for entry in registered(root):
        id = entry["id"]
        # The probe is asked for in every run, and belongs to a limit.
        if only is not None and id not in only and entry["kind"] != "limit":
            continue
        wanted_by_name = only is not None and id in only
        if id.split("-")[0] in ON_REQUEST and id.split("-")[0] not in requested and not wanted_by_name:
            skipped.append({"id": id, "reason": f"Runs on request: --{id.split('-')[0]}."})
            continue
        try:
            found.append(ask(entry, root))
        except Failure as failure:
            skipped.append({"id": id, "reason": str(failure)})
    return found, skipped


def measure(contestant, workload, count, settings, workers, timeout, root, id=None):
    """Runs one workload once: its result, and the seconds that the whole command took. Raises Failure.

    `id` is the workload that is asked for where it runs beside another: `workload` then says only how to read it.
    """
    arguments = {"workers": workers}
    if count is not None:
        arguments["n"] = count
    arguments.update(settings)
    if workload.start_clock:
        arguments["start"] = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    words = [f"{key}={value}" for key, value in arguments.items()]
    finished = commands.run([*contestant.command, id or workload.id, *words], timeout, root)
    if finished.status != 0:
        raise Failure(finished.complaint(timeout))
    result = _last_object(finished.output)
    numbers = workloads.figures(workload, result, arguments.get("n"))
    if id is None and numbers.get(workload.figures[0]) is None:
        raise Failure(f'It printed no "{workload.figures[0]}".')
    return {**result, **numbers}, finished.elapsed


def _last_object(output):
    lines = [line for line in output.splitlines() if line.strip()]
    try:
        value = json.loads(lines[-1])
    except (IndexError, ValueError):
        value = None
    if not isinstance(value, dict):
        raise Failure("Its last line is no JSON object.")
    return value
