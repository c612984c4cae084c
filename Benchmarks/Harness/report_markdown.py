"""Makes Benchmarks/RESULTS.md of the results. Pure: the same results give the same text."""

from . import units
from .probe import LIMIT
from .workloads import HIGHER_IS_BETTER, SECTIONS

NAMES = {
    "seconds": "time", "per_input": "an input", "bytes_per_second": "rate", "efficiency": "efficiency", "p50": "p50",
    "p99": "p99", "p999": "p99.9", "per_container": "a container", "lost_per_crash": "lost by a crash",
    "delivered": "delivered", "lost": "lost", "wakes_per_second": "wakes", "cpu_seconds": "CPU time",
    "per_second": "messages", "growth_bytes": "growth"}
# Shown without a spread: they follow from another figure, or are counts.
WITHOUT_SPREAD = {"per_input", "delivered", "lost", "cpu_seconds"}
# Shown without a ratio, besides: the time's says the same.
WITHOUT_RATIO = WITHOUT_SPREAD | {"bytes_per_second", "efficiency"}


def markdown(results, charts=()):
    """The whole report; `charts` are {"file", "section", "title"} of those drawn, shown at their sections."""
    parts = [_head(results), _goals(results["goals"])]
    for section, title in SECTIONS.items():
        records = [
            (id, record) for id, record in results["workloads"].items()
            if record["section"] == section]
        if not records:
            continue
        parts.append(f"## {title}")
        parts += [f"![{chart['title']}](Charts/{chart['file']})" for chart in charts if chart["section"] == section]
        parts += [_curve(id, record) if record["axis"] else _comparison(id, record) for id, record in records]
    parts.append(_skipped(results))
    return "\n\n".join(part for part in parts if part) + "\n"


def table(columns, rows):
    """A table; columns whose name starts with `>` are aligned right."""
    head = "| " + " | ".join(name.lstrip(">") for name in columns) + " |"
    rule = "|" + "|".join("--:" if name.startswith(">") else "---" for name in columns) + "|"
    # A bar in a cell would be a column more.
    body = ["| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in rows]
    return "\n".join([head, rule, *body])


def _head(results):
    machine, options = results["machine"], results["options"]
    processors = f"{machine['processors']} x {machine['processor']}"
    if machine.get("quota"):
        processors += f", of which a control group allows {machine['quota']}"
    if machine.get("virtual"):
        processors += ", virtual"
    rows = [
        ("command", f"`{results['command']}`"),
        ("date", results["date"]),
        ("processors", processors),
        ("caches", machine["caches"] or "unknown"),
        ("memory", f"{machine['memory_bytes'] / 2**30:.1f} GiB, huge pages: {machine['huge_pages'] or 'unknown'}"),
        ("system", f"{machine['system']}, Linux {machine['kernel']}, {machine['architecture']}"),
        ("Swift", machine["swift"]),
        ("C compiler", machine["compiler"]),
        ("revision", machine["revision"]),
        ("load average", " ".join(f"{load:.2f}" for load in machine["load"]) + " before, "
         + " ".join(f"{load:.2f}" for load in results.get("load_after", [])) + " after"),
    ]
    probes = results["probe"]
    if probes["median"] is None:
        rows.append(("core to core", probes["why_not"]))
    else:
        rows.append(("core to core", f"{units.time(probes['median'])} there and back, the median of {probes['count']} "
                                     f"probes; {units.time(probes['min'])} to {units.time(probes['max'])}"))
    if results["probe"]["median"] is not None and results["probe"]["why_not"]:
        rows.append(("probe", results["probe"]["why_not"]))
    versions = [(one["name"], one["version"], one["note"]) for one in results["contestants"]]
    quick = " Quick: inputs divided, figures of no meaning." if options["quick"] else ""
    sweep = "Everyone ran at the best settings that a sweep found."
    if not options["sweeps"]:
        sweep = "Nobody's settings were swept: the first of each were taken."
    return "\n\n".join([
        "# Results",
        f"Written by `tools/bench`, not by hand. {options['workers']} workers everywhere; {options['rounds']} rounds "
        f"of each workload, in each of which everyone takes a turn.{quick}",
        "A figure is the median over the rounds; its spread is from the least to the most, and the median distance "
        "from the median. A ratio is taken within each round, and is the median of those: above 1, Gantry is so many "
        "times as good. Rounds before which a cache line took much longer from core to core than in the median "
        f"({LIMIT:g} times) were run again. {sweep} The best stand first.",
        table(["what", "this run"], rows),
        table(["contestant", "version", "note"], versions)])


def _goals(goals):
    if not goals:
        return ""
    rows = []
    for goal in goals:
        bound = f"{goal['goal']['word']} {units.goal(goal['unit'], goal['goal']['bound'])}"
        if goal["goal"]["aimed"] is not None:
            bound += f", {units.goal(goal['unit'], goal['goal']['aimed'])} aimed at"
        value = "" if goal["value"] is None else units.goal(goal["unit"], goal["value"])
        status = f"not measured: {goal['why']}" if goal["status"] == "not measured" else goal["status"]
        rows.append((goal["what"], bound, value, f"**{status}**" if status == "not met" else status))
    return "## Goals\n\nReported, never gated: times depend on the machine.\n\n" + table(
        ["what", "goal", ">here", "so"], rows)


def _order(record, figure):
    """Keys of a comparison, best first, those without the figure last."""
    sign = -1 if figure in HIGHER_IS_BETTER else 1

    def place(key):
        found = record["summary"].get(key, {}).get(figure)
        return (found is None, sign * found["median"] if found else 0)

    return sorted(record["entries"], key=place)


def _comparison(id, record):
    shown = [
        figure for figure in record["figures"] if any(figure in summary for summary in record["summary"].values())]
    columns, rows = ["contestant"], []
    for figure in shown:
        columns += [f">{NAMES.get(figure, figure)}"]
        if figure not in WITHOUT_SPREAD:
            columns += [">spread"]
        if _has_ratio(record, figure):
            columns += [">ratio"]
    columns += ["settings"]
    for key in _order(record, record["figures"][0]):
        entry, summary = record["entries"][key], record["summary"].get(key, {})
        if not summary:
            continue
        ours = entry["kind"] == "gantry" and entry["companion"] is None
        cells = [f"**{entry['name']}**" if ours else entry["name"]]
        for figure in shown:
            found = summary.get(figure)
            cells.append(units.figure(figure, found["median"]) if found else "")
            if figure not in WITHOUT_SPREAD:
                cells.append(_spread(figure, found) if found else "")
            if _has_ratio(record, figure):
                cells.append(_ratio(found) if found else "")
        rows.append([*cells, units.settings(entry["settings"])])
    return "\n\n".join(part for part in (
        f"### {id}: {record['title']}", _inputs(record), table(columns, rows), _left_out(record)) if part)


def _has_ratio(record, figure):
    return figure not in WITHOUT_RATIO and any(
        "ratio" in summary.get(figure, {}) for summary in record["summary"].values())


def _spread(figure, found):
    if found["rounds"] == 1:
        return "one round"
    return " ".join((
        f"{units.figure(figure, found['min'])} to {units.figure(figure, found['max'])},",
        f"± {units.figure(figure, found['mad'])}"))


def _ratio(found):
    ratio = found.get("ratio")
    if ratio is None:
        return ""
    if ratio["rounds"] == 1 or ratio["min"] == ratio["max"]:
        return f"{units.digits(ratio['median'])} x"
    return f"{units.digits(ratio['median'])} x ({units.digits(ratio['min'])} to {units.digits(ratio['max'])})"


def _inputs(record):
    """What a round had for inputs, and how many rounds were run again."""
    words = []
    if record["count"]:
        words.append(f"{record['count']:,} {'messages' if record['section'] == 'ring' else 'inputs'}.")
    aside = [one for one in record["rounds"] if not one["kept"]]
    if aside:
        probes = ", ".join(units.time(one["probe"]) for one in aside)
        many = "round was" if len(aside) == 1 else "rounds were"
        words.append(f"{len(aside)} {many} set aside, by probes of {probes}.")
    if record.get("all_far"):
        words.append("The cores were far apart in all rounds, and stayed so: all of them are kept.")
    return " ".join(words)


def _left_out(record):
    return "\n".join(f"* {one['name']} was left out: {one['reason']}" for one in record["failures"].values())


def _curve(id, record):
    figures = [
        figure for figure in ("per_input", "seconds", "growth_bytes")
        if any(figure in summary for summary in record["summary"].values())]
    rows = []
    for key, entry in sorted(record["entries"].items(), key=lambda item: (item[1]["id"], item[1]["point"])):
        summary = record["summary"].get(key, {})
        if summary:
            cells = [entry["name"], f"{entry['point']:,}"]
            for figure in figures:
                found = summary.get(figure)
                text = units.goal("B", found["median"]) if found and figure == "growth_bytes" else ""
                if found and figure != "growth_bytes":
                    text = units.figure(figure, found["median"])
                cells.append(text)
                if figure == "per_input":
                    cells.append(_spread(figure, found) if found else "")
            rows.append(cells)
    columns = ["contestant", f">{record['axis']}"]
    for figure in figures:
        columns += [f">{NAMES[figure]}"] + ([">spread"] if figure == "per_input" else [])
    return "\n\n".join(part for part in (
        f"### {id}: {record['title']}", _inputs(record), table(columns, rows), _left_out(record)) if part)


def _skipped(results):
    if not results["skipped"]:
        return ""
    return "## Not run\n\n" + "\n".join(f"* {one['id']}: {one['reason']}" for one in results["skipped"])
