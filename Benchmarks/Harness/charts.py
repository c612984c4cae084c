"""Which charts there are, and what of the results each shows. Pure; report_svg draws them."""

from . import report_svg, units
from .report_svg import Bar, Panel

COMPARED = "medians of {rounds} rounds, with least and most"


def draw(results):
    """The charts that the results have figures for, as {"file", "section", "title", "svg"}."""
    note = COMPARED.format(rounds=results["options"]["rounds"])
    if results["options"]["quick"]:
        note += "; QUICK RUN, of no meaning"
    made = [
        _speeds(results, "w1.svg", "w1", "Squares of integers", "per_input", ("w1",), note),
        _speeds(results, "w2-w4.svg", "w2-w4", "Two arguments, strings, records, JSON lines", "per_input",
                ("w2-w4", "w6"), note),
        _bars(results, "w5.svg", "w5", "Blobs of 1 MiB", "Bytes a second, longer is better", "bytes_per_second",
              ("w5",), note),
        _bars(results, "efficiency.svg", "cpu", "Pure CPU: efficiency",
              "Time of as many independent processes over time, longer is better", "efficiency", ("cpu",), note, 1.0),
        _latency(results, note),
        _growth(results, note),
        _bars(results, "rings.svg", "ring", "Ring against ring", "Messages a second, longer is better", "per_second",
              ("ring",), note),
    ]
    return [chart for chart in made if chart]


def _chart(file, section, title, svg):
    return {"file": file, "section": section, "title": title, "svg": svg}


def _records(results, sections):
    return [
        (id, record) for id, record in results["workloads"].items()
        if record["section"] in sections and not record["axis"]]


def _group(record, figure, invert=False):
    """The bars of one workload; `invert` makes speeds of times."""
    found = []
    for key, entry in record["entries"].items():
        spread = record["summary"].get(key, {}).get(figure)
        # Gantry's own figure of another workload says nothing here.
        if spread is None or (entry["companion"] and entry["kind"] == "gantry"):
            continue
        low, value, high = spread["min"], spread["median"], spread["max"]
        if invert:
            low, value, high = 1 / high, 1 / value, 1 / low
        found.append(Bar(entry["name"], value, low, high, entry["kind"]))
    return found


def _speeds(results, file, section, title, figure, sections, note):
    """Inputs a second."""
    groups = [
        (f"{id}: {record['title']}", sorted(_group(record, figure, True), key=lambda bar: -bar.value))
        for id, record in _records(results, sections)]
    groups = [group for group in groups if group[1]]
    if not groups:
        return None
    subtitle = f"Inputs a second, longer is better; {note}"
    return _chart(
        file, section, title, report_svg.bars(title, subtitle, groups, lambda value: units.count(value) + "/s"))


def _bars(results, file, section, title, axis, figure, sections, note, linear_to=None):
    groups = [
        (f"{id}: {record['title']}", sorted(_group(record, figure), key=lambda bar: -bar.value))
        for id, record in _records(results, sections)]
    groups = [group for group in groups if group[1]]
    if not groups:
        return None
    return _chart(file, section, title, report_svg.bars(
        title, f"{axis}; {note}", groups, lambda value: units.figure(figure, value), linear_to))


def _latency(results, note):
    groups = []
    for id, record in _records(results, ("w9",)):
        for figure in ("p50", "p99"):
            group = sorted(_group(record, figure), key=lambda bar: bar.value)
            if group:
                groups.append((f"{id}, {figure}: {record['title']}", group))
    if not groups:
        return None
    title = "Latency of single calls"
    return _chart("latency.svg", "w9", title, report_svg.bars(
        title, f"Time from call to result, shorter is better; {note}", groups, units.time))


def _growth(results, note):
    panels = []
    for record in results["workloads"].values():
        if not record["axis"]:
            continue
        series = {}
        for key, entry in record["entries"].items():
            spread = record["summary"].get(key, {}).get("per_input")
            if spread:
                point = (entry["point"], spread["median"], spread["min"], spread["max"])
                series.setdefault(entry["name"], []).append(point)
        if series:
            panels.append(Panel(
                f"by {record['title'].split(',')[0]}", record["title"],
                [(name, sorted(points)) for name, points in series.items()]))
    if not panels:
        return None
    title = "Growth"
    return _chart("growth.svg", "w12", title, report_svg.curves(
        title, f"Time of an input of W1, lower is better; {note}", panels, units.time, units.count))
