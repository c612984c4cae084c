"""The pure parts: units, ratios, goals, sweeps, the report and the charts, on results made by hand."""

import unittest
from xml.etree import ElementTree

from Harness import charts, goals, ratios, report_markdown, report_svg, sweep, units, workloads
from Harness.contestants import Failure


def entry(id, kind="rival", companion=None, point=None):
    return {
        "id": id, "kind": kind, "name": id.title(), "settings": {"chunk": 0}, "companion": companion, "point": point,
        "count": None}


def record(workload, entries, rounds):
    """A record of `rounds`, each {key: figures}; one is set aside where it has the key None, too."""
    listed = next(one for one in workloads.WORKLOADS if one.id == workload)
    made = {
        "title": listed.title, "section": listed.section, "figures": list(listed.figures), "axis": listed.axis,
        "count": listed.count, "entries": entries, "sweeps": {}, "failures": {}, "all_far": False,
        "rounds": [
            {"probe": 1e-7, "kept": None not in one, "results": {
                key: workloads.figures(listed, value, listed.count) for key, value in one.items() if key}}
            for one in rounds]}
    if "efficiency" in listed.figures:
        ratios.add_efficiency(made)
    made["summary"] = ratios.summary(made)
    return made


def collect():
    return record("w1-collect", {
        "gantry": entry("gantry", "gantry"), "pool": entry("pool"),
        "limits/lane-w1": entry("limits", "limit", "lane-w1")}, [
        {"gantry": {"seconds": 0.1}, "pool": {"seconds": 2.0}, "limits/lane-w1": {"seconds": 0.05}},
        # Both twice as slow: the machine, and no matter within the round.
        {"gantry": {"seconds": 0.2}, "pool": {"seconds": 4.0}, "limits/lane-w1": {"seconds": 0.1}},
        {"gantry": {"seconds": 0.1}, "pool": {"seconds": 1.0}, "limits/lane-w1": {"seconds": 0.07}},
        {"gantry": {"seconds": 9.0}, "pool": {"seconds": 1.0}, None: {}},
    ])


def results(**records):
    machine = {
        "processors": 2, "processor": "A|B", "quota": None, "virtual": True, "caches": "", "memory_bytes": 2**33,
        "huge_pages": "", "system": "S", "kernel": "6", "architecture": "x", "swift": "6", "compiler": "cc",
        "revision": "abc", "load": [0.0, 0.0, 0.0]}
    made = {
        "command": "tools/bench", "date": "today", "load_after": [1.0, 1.0, 1.0], "machine": machine,
        "options": {"workers": 2, "rounds": 3, "quick": False, "sweeps": True},
        "probe": {"median": 1e-7, "min": 9e-8, "max": 3e-7, "count": 4, "why_not": None},
        "contestants": [{"id": "gantry", "name": "Gantry", "version": "1", "note": ""}],
        "skipped": [{"id": "mce", "reason": "Perl is not there."}],
        "workloads": {key.replace("_", "-"): value for key, value in records.items()}}
    made["goals"] = goals.check(made)
    return made


class Units(unittest.TestCase):
    def test_three_digits_and_a_unit(self):
        for value, text in ((0, "0 s"), (1.234, "1.23 s"), (0.05, "50 ms"), (5e-6, "5 us"), (123.4e-9, "123 ns")):
            self.assertEqual(units.time(value), text)
        self.assertEqual(units.count(8_000_000), "8 M")
        self.assertEqual(units.figure("bytes_per_second", 1.25e10), "12.5 GB/s")
        self.assertEqual(units.figure("efficiency", 0.972), "97.2 %")
        self.assertEqual(units.settings({"chunk": 0, "depth": 2}), "chunk its own, depth 2")


class Ratios(unittest.TestCase):
    def test_are_taken_within_rounds_that_count(self):
        pool = collect()["summary"]["pool"]["seconds"]
        self.assertEqual((pool["median"], pool["min"], pool["max"], pool["mad"]), (2.0, 1.0, 4.0, 1.0))
        self.assertAlmostEqual(pool["ratio"]["median"], 20)
        self.assertEqual(pool["ratio"]["rounds"], 3)

    def test_above_one_is_better_for_rates_too(self):
        made = record("w5-in", {"gantry": entry("gantry"), "pool": entry("pool")}, [
            {"gantry": {"seconds": 1}, "pool": {"seconds": 2}}])
        self.assertEqual(made["summary"]["pool"]["bytes_per_second"]["ratio"]["median"], 2)

    def test_efficiency_is_against_the_processes_of_the_same_round(self):
        made = record("w7", {"gantry": entry("gantry"), "processes": entry("processes", "swift")}, [
            {"gantry": {"seconds": 1.0}, "processes": {"seconds": 0.9}},
            {"gantry": {"seconds": 2.0}, "processes": {"seconds": 1.9}}])
        self.assertAlmostEqual(made["summary"]["gantry"]["efficiency"]["median"], 0.925)

    def test_efficiency_is_against_processes_of_its_own_where_a_contestant_brings_them(self):
        made = record("w7", {"processes": entry("processes"), "pool": entry("pool")}, [
            {"processes": {"seconds": 1.0}, "pool": {"seconds": 4.0, "independent": 3.0}}])
        self.assertAlmostEqual(made["summary"]["pool"]["efficiency"]["median"], 0.75)

    def test_figures_of_a_result(self):
        echo = next(one for one in workloads.WORKLOADS if one.id == "w5-echo")
        self.assertEqual(workloads.figures(echo, {"seconds": 2}, 4)["bytes_per_second"], 2 * 2**20)


class Sweeps(unittest.TestCase):
    def test_keep_the_best_and_say_what_failed(self):
        def run(settings, timeout):
            if settings["chunk"] == 1:
                raise Failure("It took too long.")
            return {"seconds": 1 / settings["chunk"]}, 0.1

        best, tried = sweep.sweep({"chunk": [1, 2, 4], "depth": [1]}, "seconds", run, 120)
        self.assertEqual(best, {"chunk": 4, "depth": 1})
        self.assertEqual(tried[0]["failure"], "It took too long.")

    def test_give_a_slow_setting_up_early(self):
        patience = []

        def run(settings, timeout):
            patience.append(timeout)
            return {"seconds": 1.0}, 2.0

        sweep.sweep({"chunk": [1, 2]}, "seconds", run, 120)
        self.assertEqual(patience, [120, 11])


class Goals(unittest.TestCase):
    def found(self, made, what):
        return next(one for one in made["goals"] if one["what"].startswith(what))

    def test_met_not_met_and_not_measured(self):
        made = results(w1_collect=collect())
        self.assertEqual(self.found(made, "W1 collect: times as fast as Pool.map")["status"], "met")
        lane = self.found(made, "W1 collect: speed of the C ring")
        self.assertEqual((lane["status"], lane["value"]), ("not met", 0.5))
        parmap = self.found(made, "W1 collect: times as fast as Parmap")
        self.assertEqual(parmap["status"], "not measured")
        self.assertIn("did not run in w1-collect", parmap["why"])

    def test_growth_is_the_worst_point_above_the_start(self):
        points = {1_000_000: 1.0, 10_000_000: 1.1, 100_000_000: 1.4, 10_000: 9.0}
        made = results(w12_inputs=record(
            "w12-inputs", {f"gantry@{point}": entry("gantry", "gantry", None, point) for point in points},
            [{f"gantry@{point}": {"per_input": value} for point, value in points.items()}]))
        growth = self.found(made, "W12: time of an input")
        self.assertEqual((growth["status"], round(growth["value"], 6)), ("not met", 1.4))

    def test_await_is_against_the_sum_of_its_parts(self):
        made = results(w1_await=record("w1-await", {
            "gantry": entry("gantry", "gantry"), "swift/w1-bare-await": entry("swift", "swift", "w1-bare-await"),
            "gantry/w1-collect": entry("gantry", "gantry", "w1-collect")}, [
            {"gantry": {"seconds": 3.0}, "swift/w1-bare-await": {"seconds": 1.0},
             "gantry/w1-collect": {"seconds": 2.0}}]))
        self.assertEqual(self.found(made, "W1 `for try await`")["value"], 1.0)

    def test_all_have_a_bound_and_a_section(self):
        for goal in goals.GOALS:
            self.assertIn(goal.section, workloads.SECTIONS)
        self.assertEqual(len(goals.check(results())), len(goals.GOALS))


class Report(unittest.TestCase):
    def test_tables_are_whole_and_hold_what_was_found(self):
        made = results(w1_collect=collect())
        text = report_markdown.markdown(made, charts.draw(made))
        self.assertIn("| **Gantry** |", text)
        self.assertIn("20 x (10 to 20)", text)
        self.assertIn("A\\|B", text)
        self.assertIn("1 round was set aside", text)
        self.assertIn("* mce: Perl is not there.", text)
        self.assertIn("](Charts/w1.svg)", text)
        width = None
        for line in text.splitlines():
            bars = line.replace("\\|", "").count("|")
            if bars and width:
                self.assertEqual(bars, width, line)
            width = bars or None

    def test_left_out_contestants_are_named_with_their_sentence(self):
        made = results(w1_collect=collect())
        made["workloads"]["w1-collect"]["failures"]["x"] = {"name": "Xpool", "reason": "It hung."}
        self.assertIn("* Xpool was left out: It hung.", report_markdown.markdown(made))


class Charts(unittest.TestCase):
    def test_are_well_formed_without_scripts_on_a_paper_of_their_own(self):
        for chart in charts.draw(results(w1_collect=collect())):
            tree = ElementTree.fromstring(chart["svg"])
            self.assertEqual(tree.get("width"), "800")
            self.assertNotIn("script", chart["svg"])
            self.assertIn(f'fill="{report_svg.PAPER}"', chart["svg"])

    def test_names_are_escaped(self):
        svg = report_svg.bars("<a>", "&", [("g", [report_svg.Bar("a<b & c", 1, 1, 1, "rival")])], str)
        self.assertIn("a<b & c", "".join(ElementTree.fromstring(svg).itertext()))

    def test_scale_is_logarithmic_only_where_values_are_wide_apart(self):
        def drawn(values):
            return report_svg.bars("t", "s", [("g", [report_svg.Bar("b", v, v, v, "rival") for v in values])], str)

        self.assertIn("logarithmic", drawn([1, 100]))
        self.assertNotIn("logarithmic", drawn([1, 10]))
        self.assertNotIn("logarithmic", drawn([0, 100]))

    def test_nothing_measured_draws_nothing(self):
        self.assertEqual(charts.draw(results()), [])


if __name__ == "__main__":
    unittest.main()
