"""Runs fake contestants: discovery, failures, time limits, rounds and the probe, and a run from end to end."""

import contextlib
import io
import json
import os
import sys
import tempfile
import time
import unittest

from Harness import cli, command, contestants, rounds, workloads

FAKE = os.path.join(os.path.dirname(os.path.realpath(__file__)), "fake.py")
COLLECT = next(one for one in workloads.WORKLOADS if one.id == "w1-collect")


def fake(character):
    return contestants.Contestant(
        character, [sys.executable, FAKE, character], "rival", character, "", "", {"w1-collect": {}})


def measure(character, timeout=60):
    return contestants.measure(fake(character), COLLECT, 100, {}, 2, timeout, ".")


class Measure(unittest.TestCase):
    def test_the_last_line_counts(self):
        result, _ = measure("fast")
        self.assertGreater(result["seconds"], 0)
        self.assertAlmostEqual(result["per_input"], result["seconds"] / 100)

    def test_failures_are_sentences(self):
        with self.assertRaisesRegex(contestants.Failure, "^The outputs are wrong.$"):
            measure("dies")
        with self.assertRaisesRegex(contestants.Failure, "no JSON object"):
            measure("mumbles")
        missing = contestants.Contestant("x", ["/nowhere/x"], "rival", "x", "", "", {})
        with self.assertRaisesRegex(contestants.Failure, "cannot be started"):
            contestants.measure(missing, COLLECT, 1, {}, 2, 9, ".")

    def test_one_that_hangs_is_ended(self):
        begun = time.monotonic()
        with self.assertRaisesRegex(contestants.Failure, "longer than 1 s"):
            measure("hangs", timeout=1)
        self.assertLess(time.monotonic() - begun, 60)

    def test_what_is_left_behind_is_ended(self):
        left = json.loads(command.run([sys.executable, FAKE, "leaves", "w1-collect"], 60, ".").output)["left"]
        for _ in range(500):
            # Gone, or a zombie until init has looked after it.
            try:
                with open(f"/proc/{left}/stat") as file:
                    if file.read().rpartition(")")[2].split()[0] == "Z":
                        return
            except FileNotFoundError:
                return
            time.sleep(0.02)
        self.fail("The process that the command left behind lives on.")


class FakeProbe:
    """Values told beforehand; far is above 1."""

    def __init__(self, values):
        self.values = list(values)

    def __call__(self):
        return self.values.pop(0)

    def is_far(self, value):
        return value > 1


class Rounds(unittest.TestCase):
    def run_rounds(self, probes, wanted, fail=()):
        order = []

        def once(entry):
            order.append(entry.key)
            if entry.key in fail:
                raise contestants.Failure("It failed.")
            return {"seconds": 1.0}

        entries = [rounds.Entry(key, None, {}, key) for key in "abc"]
        made = rounds.run(entries, wanted, FakeProbe(probes), once, lambda line: None)
        return *made, "".join(order)

    def test_everyone_takes_a_turn_and_the_order_rotates(self):
        made, failures, order = self.run_rounds([1] * 3, 3)
        self.assertEqual((len(made), failures, order), (3, {}, "abcbcacab"))

    def test_rounds_of_far_cores_are_run_again(self):
        made, _, _ = self.run_rounds([1, 9, 1, 1], 3)
        self.assertEqual([one["kept"] for one in made], [True, False, True, True])

    def test_repeats_are_bounded_and_then_all_are_kept(self):
        made, _, _ = self.run_rounds([9] * 99, 2)
        self.assertEqual([one["kept"] for one in made], [True] * 4)

    def test_who_fails_sits_out(self):
        made, failures, order = self.run_rounds([1] * 2, 2, fail="b")
        self.assertEqual(failures, {"b": "It failed."})
        self.assertEqual(order, "abcca")
        self.assertEqual(set(made[1]["results"]), {"a", "c"})


class Whole(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        for path, ids in (
                ("Benchmarks/contestants.json", {"gantry": "fast", "processes": "processes"}),
                ("Benchmarks/Rivals/rivals.json", {"pool": "slow", "mce": "absent", "joblib": "dies", "ray": "fast"}),
                ("Benchmarks/Limits/limits.json", {"limits": "limit", "ring-gantry": "ring-gantry"})):
            os.makedirs(os.path.join(self.root, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(self.root, path), "w") as file:
                json.dump([{"id": id, "command": ["@python", FAKE, who]} for id, who in ids.items()], file)
        before = cli.ROOT, cli.CHECKPOINT
        cli.ROOT, cli.CHECKPOINT = self.root, os.path.join(self.root, "so-far.json")
        self.addCleanup(lambda: (setattr(cli, "ROOT", before[0]), setattr(cli, "CHECKPOINT", before[1])))

    def bench(self, *words):
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
            status = cli.main(["--no-build", "--no-install", "--rounds", "1", *words])
        return status, out.getvalue()

    def test_a_partial_run_prints_and_writes_nothing_into_the_tree(self):
        status, text = self.bench("--workload", "w1-collect", "--only", "gantry,pool")
        self.assertEqual(status, 0)
        self.assertIn("**Fake.fast**", text)
        self.assertIn("chunk 64", text)
        self.assertNotIn("w9-idle", text)
        self.assertFalse(os.path.exists(os.path.join(self.root, "Benchmarks", "RESULTS.md")))

    def test_a_run_that_writes_has_everything_and_no_paths(self):
        chosen = [word for id in ("w1-collect", "w12-inputs", "ring-8") for word in ("--workload", id)]
        status, _ = self.bench(*chosen, "--write")
        self.assertEqual(status, 0)
        folder = os.path.join(self.root, "Benchmarks")
        self.assertEqual(sorted(os.listdir(os.path.join(folder, "Charts"))), ["growth.svg", "rings.svg", "w1.svg"])
        with open(os.path.join(folder, "RESULTS.md")) as file:
            text = file.read()
        for part in (
                "Fake is not installed", "Runs on request: --ray", "was left out: The outputs are wrong",
                "the C ring alone"):
            self.assertIn(part, text)
        with open(os.path.join(folder, "results.json")) as file:
            kept = json.load(file)
        self.assertNotIn(self.root, json.dumps(kept))
        self.assertEqual(kept["workloads"]["w1-collect"]["rounds"][0]["probe"], 1e-7)
        # The same report, made of what was kept.
        again = os.path.join(self.root, "again")
        self.assertEqual(self.bench("--render", os.path.join(folder, "results.json"), "--out", again)[0], 0)
        with open(os.path.join(again, "RESULTS.md")) as file:
            self.assertEqual(file.read(), text)

    def test_unknown_names_are_refused(self):
        self.assertEqual(self.bench("--only", "nobody")[0], 1)
        with self.assertRaises(SystemExit) as refused:
            self.bench("--workload", "w99")
        self.assertEqual(refused.exception.code, 2)


if __name__ == "__main__":
    unittest.main()
