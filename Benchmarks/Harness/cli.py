"""tools/bench's command line: builds, finds contestants, runs the workloads, and writes or prints the report."""

import argparse
import datetime
import json
import os
import re
import shlex
import sys

from . import build, charts, contestants, goals, machine, report_markdown, workloads
from .probe import Probe
from .session import Plan, Session, finish

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
CHECKPOINT = os.path.join(ROOT, "Benchmarks", ".build", "bench-so-far.json")
QUICK_DIVISOR = 50

DESCRIPTION = """\
Measures Gantry beside what one would use instead, and beside the physical limits, in one run.

Builds and installs what it compares, sweeps each contestant's settings, and then runs rounds in which everyone takes a
turn; ratios are taken within a round. A whole run writes Benchmarks/RESULTS.md, Benchmarks/results.json and
Benchmarks/Charts; a partial one (--workload, --only, --quick, --no-sweep) prints its report, and writes where it is
told.
Times are reported, never gated. Exit status: 0, or 1 where something is broken, 2 where the command line is.
"""

EXAMPLES = """\
examples:
  tools/bench                                        everything, 1 to 3 hours; writes into the tree
  tools/bench --workload w1-collect --only gantry,pool
  tools/bench --quick --rounds 1 --only gantry,pool  whether everything works, in a minute or two
  tools/bench --list                                 who can run here, and what
  tools/bench --render Benchmarks/results.json --write   report and charts anew, nothing measured
"""


def say(line):
    print(line, file=sys.stderr, flush=True)


def parse(words):
    parser = argparse.ArgumentParser(
        prog="tools/bench", description=DESCRIPTION, epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_argument_group("what")
    what.add_argument("--workload", action="append", metavar="ID", help="only this one; can be repeated")
    what.add_argument("--only", metavar="IDS", help="only these contestants, and the probe: gantry,pool")
    what.add_argument("--ray", action="store_true", help="install and run Ray, too")
    what.add_argument("--dask", action="store_true", help="install and run Dask, too")
    what.add_argument("--list", action="store_true", help="list contestants and their workloads, and measure nothing")
    much = parser.add_argument_group("how much")
    much.add_argument("--rounds", type=int, default=7, help="rounds of each workload that count (7)")
    much.add_argument("--workers", type=int, default=2, help="workers of everyone (2)")
    much.add_argument("--quick", action="store_true", help=f"inputs divided by {QUICK_DIVISOR}: figures of no meaning")
    much.add_argument("--long", action="store_true", help="w12-inputs up to 10^9 inputs, 8 GB of memory and more")
    much.add_argument("--timeout", type=float, default=120, metavar="SECONDS", help="of one contestant's turn (120)")
    much.add_argument("--no-sweep", action="store_true", help="the first settings of each, instead of the best")
    much.add_argument("--no-build", action="store_true", help="take what is built")
    much.add_argument("--no-install", action="store_true", help="take what is installed")
    to = parser.add_argument_group("where to")
    to.add_argument("--write", action="store_true", help="write into Benchmarks/ also after a partial run")
    to.add_argument("--out", metavar="DIR", help="write RESULTS.md, results.json and Charts here")
    to.add_argument("--json", metavar="FILE", help="also write all results to this file")
    to.add_argument("--render", metavar="FILE", help="make the report from these results, and measure nothing")
    to.add_argument("--report-only", action="store_true", help="accepted; goals are never gated")
    options = parser.parse_args(words)
    if options.rounds < 1 or options.workers < 1 or options.timeout <= 0:
        parser.error("--rounds, --workers and --timeout must be 1 or more")
    known = {one.id for one in workloads.WORKLOADS}
    for id in options.workload or []:
        if id not in known and not id.startswith("ring-"):
            parser.error(f"There is no workload {id}; there are {', '.join(sorted(known))}, and ring-8 and on.")
    return options


def main(words):
    options = parse(words)
    if options.render:
        try:
            with open(options.render) as file:
                results = json.load(file)
        except (OSError, ValueError) as error:
            say(f"{options.render} cannot be read: {error}.")
            return 1
        for record in results["workloads"].values():
            finish(record)
        results["goals"] = goals.check(results, results["options"]["sections"])
    else:
        results = run(options, words)
        if results is None:
            return 0 if options.list else 1
    deliver(results, options)
    return 0


def run(options, words):
    """The results of a run; None where there was nothing to run, or it was only to be listed."""
    requested = [name for name in contestants.ON_REQUEST if getattr(options, name)]
    only = set(options.only.split(",")) if options.only else None
    if not options.no_build:
        build.build(ROOT, say)
    if only is None and not options.no_install and not options.list:
        build.install(ROOT, say, requested)
    found, skipped = contestants.discover(ROOT, only, requested)
    if only is not None and skipped and not options.no_install:
        # A few contestants mostly have what they need: installing all of them would take longer than to measure these.
        build.install(ROOT, say, requested)
        found, skipped = contestants.discover(ROOT, only, requested)
    for one in skipped:
        say(f"Skipped: {one['id']}: {one['reason']}")
    unknown = (only or set()) - {one.id for one in found} - {one["id"] for one in skipped}
    if unknown:
        listed = ", ".join(entry["id"] for entry in contestants.registered(ROOT))
        say(f"There is no contestant {', '.join(sorted(unknown))}; there are {listed or 'none'}.")
        return None
    if options.list:
        for one in found:
            print(f"{one.id}: {one.name}, {one.version}\n  {', '.join(one.workloads)}")
        return None
    probe = Probe(found, ROOT)
    running = [one for one in found if only is None or one.id in only]
    wanted = [
        one for one in workloads.catalogue(running) if options.workload is None or one.id in options.workload]
    plan = Plan(
        ROOT, options.workers, options.rounds, options.timeout, QUICK_DIVISOR if options.quick else 1, options.long,
        not options.no_sweep)
    results = {
        "format": 1,
        "command": shlex.join(["tools/bench", *words]),
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "options": {
            "rounds": options.rounds, "workers": options.workers, "quick": options.quick,
            "sweeps": not options.no_sweep, "timeout": options.timeout,
            "sections": sorted({one.section for one in wanted})},
        "machine": machine.describe(ROOT),
        "contestants": [
            {"id": one.id, "name": one.name, "version": one.version, "note": one.note, "kind": one.kind}
            for one in running],
        "skipped": skipped,
        "workloads": {},
    }
    load = results["machine"]["load"][0]
    if load > 0.5:
        say(f"The load average is {load:.1f}: something else runs here, and will be in the figures.")
    session = Session(running, plan, probe, say)
    for workload in wanted:
        record = session.workload(workload)
        if record is not None:
            results["workloads"][workload.id] = record
            conclude(results, probe)
            # What a run of hours has found so far survives its end: tools/bench --render takes it.
            write(CHECKPOINT, json.dumps(without_paths(results)) + "\n")
    if not results["workloads"]:
        say("No contestant that was found has one of these workloads: see tools/bench --list.")
        return None
    if probe.why_not:
        say(probe.why_not + " No round is set aside.")
    return without_paths(results)


def conclude(results, probe):
    """Adds what follows from the workloads so far."""
    results["load_after"] = list(os.getloadavg())
    results["probe"] = {
        "median": probe.median(), "count": len(probe.all), "min": min(probe.all, default=None),
        "max": max(probe.all, default=None), "why_not": probe.why_not}
    results["goals"] = goals.check(results, results["options"]["sections"])


def without_paths(value):
    """The results without this machine's directories, which sentences and versions may hold."""
    if isinstance(value, dict):
        return {key: without_paths(one) for key, one in value.items()}
    if isinstance(value, list):
        return [without_paths(one) for one in value]
    if isinstance(value, str):
        value = value.replace(ROOT + os.sep, "").replace(ROOT, ".")
        home = os.path.expanduser("~")
        return re.sub(re.escape(home) + r"(?=/|\b)", "~", value) if len(home) > 1 else value
    return value


def deliver(results, options):
    """Writes where the options say; prints the report where it is written nowhere."""
    partial = any((options.workload, options.only, options.quick, options.no_sweep, options.render))
    folder = options.out or (os.path.join(ROOT, "Benchmarks") if options.write or not partial else None)
    drawn = charts.draw(results)
    if options.json:
        write(options.json, json.dumps(results, indent=1) + "\n")
    if folder is None:
        print(report_markdown.markdown(results))
        return
    write(os.path.join(folder, "results.json"), json.dumps(results, indent=1) + "\n")
    write(os.path.join(folder, "RESULTS.md"), report_markdown.markdown(results, drawn))
    pictures = os.path.join(folder, "Charts")
    os.makedirs(pictures, exist_ok=True)
    for name in os.listdir(pictures):
        # Of workloads that this run did not have.
        if name.endswith(".svg"):
            os.remove(os.path.join(pictures, name))
    for chart in drawn:
        write(os.path.join(pictures, chart["file"]), chart["svg"])
    shown = os.path.relpath(folder)
    say(f"Written: {shown}/RESULTS.md, {shown}/results.json, {len(drawn)} charts in {shown}/Charts.")


def write(path, text):
    """Writes a file whole, or leaves the one that was there."""
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path + ".new", "w") as file:
        file.write(text)
    os.replace(path + ".new", path)
