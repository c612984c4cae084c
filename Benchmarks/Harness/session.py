"""One run: who takes part in which workload and at which settings, and the record that is kept of each workload."""

import dataclasses

from . import contestants, ratios, rounds, sweep, units


@dataclasses.dataclass
class Plan:
    """How much of everything a run does."""

    root: str
    workers: int = 2
    rounds: int = 7
    timeout: float = 120
    divisor: int = 1  # of the inputs; 1 unless quick
    long: bool = False
    sweeps: bool = True

    @property
    def quick(self):
        return self.divisor > 1


class Session:
    """Runs workloads over the contestants that were found. Remembers what sweeps found, for companions."""

    def __init__(self, found, plan, probe, say):
        self.found, self.plan, self.probe, self.say = found, plan, probe, say
        self.best = {}

    def workload(self, workload):
        """The record of a workload, or None where nobody has it."""
        plan = self.plan
        takers = [one for one in self.found if workload.id in one.workloads]
        if not takers:
            return None
        self.say(f"{workload.id}: {workload.title}")
        record = {
            "title": workload.title, "section": workload.section, "figures": list(workload.figures),
            "axis": workload.axis, "count": self._count(workload), "entries": {}, "sweeps": {}, "failures": {}}
        entries = self._curve(workload, takers) if workload.axis else self._entries(workload, takers, record)
        record["entries"] = {entry.key: entry.described() for entry in entries}
        kept, failures = [], {}
        if entries:
            kept, failures = rounds.run(
                entries, plan.rounds, self.probe, lambda entry: self._once(workload, entry), self.say)
        record["rounds"] = kept
        for key, reason in failures.items():
            entry = record["entries"][key]
            name = entry["name"] + (f", {workload.axis} {entry['point']:,}," if workload.axis else "")
            record["failures"][key] = {"name": name, "reason": reason}
        record["all_far"] = bool(kept) and all(self.probe.is_far(one["probe"]) for one in kept)
        finish(record)
        self._tell(record)
        return record

    def _count(self, workload):
        return workload.quick_count(self.plan.divisor) if self.plan.quick else workload.count

    def _entries(self, workload, takers, record):
        """Everyone at the best settings, and the companions."""
        entries = []
        for one in takers:
            self._add(entries, record, workload, one, None)
        if not entries:
            return []
        for companion in workload.companions:
            for one in self.found:
                if companion.workload in one.workloads and (companion.ids is None or one.id in companion.ids):
                    self._add(entries, record, workload, one, companion)
        return entries

    def _add(self, entries, record, workload, contestant, companion):
        other = companion and companion.workload
        key, name = contestant.id, contestant.name
        if companion is not None:
            key, name = f"{key}/{other}", companion.title or f"{name}: {other}"
        settings, tried = self._settings(workload, contestant, other)
        if len(tried) > 0:
            record["sweeps"][key] = tried
        if settings is None:
            record["failures"][key] = {"name": name, "reason": tried[-1]["failure"]}
            self.say(f"  {name} is left out: {tried[-1]['failure']}")
            return
        entries.append(rounds.Entry(key, contestant, settings, name, other, None, self._count(workload)))

    def _settings(self, workload, contestant, companion):
        """The best settings, and what was tried: nothing where there is no choice, or a sweep has chosen before.

        `companion` is the workload that is asked for, where it is not `workload` itself.
        """
        id = companion or workload.id
        declared = contestant.workloads[id]
        if len(sweep.combinations(declared)) <= 1 or not self.plan.sweeps:
            return sweep.first(declared), []
        if (contestant.id, id) in self.best:
            return self.best[contestant.id, id], []

        def run(settings, timeout):
            return contestants.measure(
                contestant, workload, self._count(workload), settings, self.plan.workers, timeout, self.plan.root,
                id=companion)

        figure = workload.figures[0] if companion is None else None
        best, tried = sweep.sweep(declared, figure, run, self.plan.timeout)
        if best is not None:
            self.best[contestant.id, id] = best
            self.say(f"  {contestant.name}, {id}: of {len(tried)} settings best at {units.settings(best)}")
        return best, tried

    def _curve(self, workload, takers):
        """Everyone at every point, with the first settings of those that are not the axis."""
        points = workload.quick_points if self.plan.quick else workload.points
        if self.plan.long:
            points += workload.long_points
        entries = []
        for one in takers:
            declared = one.workloads[workload.id].items()
            settings = sweep.first({key: values for key, values in declared if key != workload.axis})
            for point in points:
                count = point if workload.axis == "n" else self._count(workload)
                # The axis n is passed as the count.
                varied = {} if workload.axis == "n" else {workload.axis: point}
                entries.append(
                    rounds.Entry(f"{one.id}@{point}", one, {**settings, **varied}, one.name, None, point, count))
        return entries

    def _once(self, workload, entry):
        result, _ = contestants.measure(
            entry.contestant, workload, entry.count, entry.settings, self.plan.workers, self.plan.timeout,
            self.plan.root, id=entry.companion)
        return result

    def _tell(self, record):
        """The medians in a few lines, for who watches."""
        figure = record["figures"][0]
        for key, entry in record["entries"].items():
            found = record["summary"][key].get(figure)
            if found:
                ratio = found.get("ratio", {}).get("median")
                versus = f"   {units.digits(ratio)} x" if ratio is not None and key != ratios.baseline(record) else ""
                name = entry["name"] + (f", {record['axis']} {entry['point']:,}" if record["axis"] else "")
                self.say(f"  {name:<40} {units.figure(figure, found['median']):>12}{versus}")


def finish(record):
    """Computes what follows from the rounds of a record."""
    if "efficiency" in record["figures"]:
        ratios.add_efficiency(record)
    record["summary"] = ratios.summary(record)
