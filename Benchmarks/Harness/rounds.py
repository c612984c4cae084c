"""Rounds of one workload: everyone takes a turn in each, the order rotates, and the probe says which rounds count."""

import dataclasses

from .contestants import Contestant, Failure


@dataclasses.dataclass
class Entry:
    """One who takes turns: a contestant at its settings; of another workload, where it is a companion."""

    key: str
    contestant: Contestant
    settings: dict
    name: str
    companion: str | None = None
    point: int | None = None
    count: int | None = None

    def described(self):
        """What the results keep of it."""
        return {
            "id": self.contestant.id, "kind": self.contestant.kind, "name": self.name, "settings": self.settings,
            "companion": self.companion, "point": self.point, "count": self.count}


def run(entries, wanted, probe, measure, say, most_repeats=None):
    """Runs rounds until `wanted` of them count, or `most_repeats` (as many again) were repeated.

    `measure(entry)` gives the figures or raises Failure: then the entry sits out the rounds that follow. Gives the
    rounds as [{"probe", "kept", "results": {key: figures}}] and the failures as {key: sentence}.
    """
    most = wanted + (wanted if most_repeats is None else most_repeats)
    rounds, failures = [], {}
    while True:
        # All of them anew: the median moves with each probe.
        for one in rounds:
            one["kept"] = not probe.is_far(one["probe"])
        kept = sum(one["kept"] for one in rounds)
        if kept >= wanted or len(rounds) >= most or len(failures) == len(entries):
            break
        turn = len(rounds) % len(entries)
        this = {"probe": probe(), "kept": True, "results": {}}
        for entry in entries[turn:] + entries[:turn]:
            if entry.key in failures:
                continue
            try:
                this["results"][entry.key] = measure(entry)
            except Failure as failure:
                failures[entry.key] = str(failure)
                say(f"  {entry.name} is left out from here on: {failure}")
        rounds.append(this)
    if rounds and not any(one["kept"] for one in rounds):
        # The cores stayed apart: figures of such a machine are better than none, and the report says so.
        for one in rounds:
            one["kept"] = True
    return rounds, failures
