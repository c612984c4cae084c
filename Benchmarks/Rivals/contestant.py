"""The protocol between the harness and a rival in Python, and how every workload is timed and checked.

`FILE --about` says which workloads a rival has, and their settings; `FILE WORKLOAD workers=2 n=100 [setting=value...]`
measures one of them once. A rival is a subclass of Rival; what it cannot do it leaves out of `sweeps`.
"""

import contextlib
import importlib.metadata
import json
import os
import platform
import signal
import sys
import threading
import time

import work

CANNOT_RUN, CANNOT_SURVIVE = 3, 4
HANG = 30  # seconds after which a map whose workers were killed counts as hung
COUNTS = {
    "w1-collect": 8_000_000, "w1-iterate": 8_000_000, "w1-unordered": 8_000_000, "w1-foreach": 8_000_000,
    "w2": 2_000_000, "w3": 1_000_000, "w4": 500_000, "w5-in": 256, "w5-echo": 256, "w6": 200_000, "w7": 20_000,
    "w8-ordered": 20_000, "w8-unordered": 20_000, "w9-idle": 20_000, "w9-loaded": 2_000, "w11": 2_000,
}


class Rival:
    """A library's calls, each at `settings` of the sweep. The defaults say what follows from the other calls."""

    name = None
    needs = None  # the distribution that has to be installed, None for a part of Python
    # {"w1-collect": {"chunk": [65_536, 0]}}: the first value of each is the likely best, 0 the library's own choice.
    sweeps: dict = {}
    # What keeps workers busy under single calls: so many maps at once, of so many inputs. Two, so that one fills the
    # pause until the other starts anew; short, because with most libraries a call waits until all before it is done.
    busy_maps, busy_inputs = 2, 100

    def start(self, workers):
        """Starts as many workers."""

    def stop(self):
        """Ends them."""

    def map(self, function, inputs, settings):
        """All outputs as one list, in input order."""
        raise NotImplementedError

    def starmap(self, function, firsts, seconds, settings):
        """The same of two sequences."""
        raise NotImplementedError

    def iterate(self, function, inputs, settings):
        """An iterator over the outputs in input order."""
        raise NotImplementedError

    def unordered(self, function, inputs, settings):
        """An iterator over the outputs as they come."""
        raise NotImplementedError

    def call(self, function, x):
        """One call: its output."""
        raise NotImplementedError

    def results(self, function, inputs, settings):
        """For inputs that kill their worker: how many outputs came all the same. Raises or hangs where none do."""
        return len(self.map(function, inputs, settings))


def main(rival):
    """Does what the command line asks for."""
    try:
        version = f", {rival.needs} {importlib.metadata.version(rival.needs)}" if rival.needs else ""
    except importlib.metadata.PackageNotFoundError:
        stop(f"{rival.needs} is not installed for {sys.executable}: run Benchmarks/Rivals/install.", CANNOT_RUN)
    if sys.argv[1:] == ["--about"]:
        about = {"name": rival.name, "version": f"CPython {platform.python_version()}{version}"}
        print(json.dumps({**about, "workloads": rival.sweeps}))
        return
    workload, workers, count, settings = arguments(rival.sweeps)
    # Before the workers start: they inherit it.
    work.calibrate()
    rival.start(workers)
    try:
        measures = measure(rival, workload, workers, count, settings)
    finally:
        rival.stop()
    print(json.dumps({**measures, "n": count}), flush=True)


def stop(sentence, status=2):
    print(sentence, file=sys.stderr, flush=True)
    sys.exit(status)


def arguments(sweeps):
    """The workload, workers, inputs and settings of the command line; settings not given are the likely best ones."""
    workload, words = (sys.argv + [""])[1], sys.argv[2:]
    if workload not in sweeps:
        stop(f"'{workload}' is no workload of this rival: name one of {', '.join(sweeps)}.")
    settings = {name: values[0] for name, values in sweeps[workload].items()}
    numbers = {"workers": 2, "n": COUNTS[workload]}
    for word in words:
        name, _, value = word.partition("=")
        if name in settings:
            settings[name] = int(value) if value.isdigit() else value
        elif name in numbers and value.isdigit() and int(value) > 0:
            numbers[name] = int(value)
        else:
            stop(f"'{word}' is no setting of {workload}: write n=1000, workers=2 or one of {', '.join(settings)}.")
    return workload, numbers["workers"], numbers["n"], settings


def measure(rival, workload, workers, count, settings):
    """Runs one workload, and gives what was measured."""
    timing = _Timing(rival, settings, count, workers)
    if workload == "w1-collect":
        return timing.map(work.square, work.numbers)
    if workload in ("w1-iterate", "w1-unordered"):
        return timing.sum(rival.iterate if workload == "w1-iterate" else rival.unordered)
    if workload == "w2":
        return timing.starmap()
    if workload == "w3":
        return timing.map(work.exclaim, work.texts)
    if workload == "w4":
        kind = {"dataclass": work.Record, "namedtuple": work.RecordTuple}[settings["record"]]
        return timing.map(work.renumber, lambda count: work.records(count, kind))
    if workload == "w5-in":
        return timing.map(work.weigh, work.blobs)
    if workload == "w5-echo":
        return timing.map(work.echo, work.blobs)
    if workload == "w6":
        return timing.map(work.parse, work.lines)
    if workload == "w7":
        return {**timing.map(work.burn, work.numbers), "independent": independently(work.burn, count, workers)}
    if workload in ("w8-ordered", "w8-unordered"):
        measures = timing.skewed(workload == "w8-ordered")
        return {**measures, "independent": independently(work.burn_skewed, count, workers)}
    if workload == "w9-idle":
        return calls(rival, count)
    if workload == "w9-loaded":
        with busy(rival, settings):
            return calls(rival, count)
    return crashes(rival, settings, count, workers)


class _Timing:
    """Takes the time of one map, after a smaller one of the same function that warms the workers up."""

    def __init__(self, rival, settings, count, workers):
        self.rival, self.settings, self.count, self.workers = rival, settings, count, workers

    def map(self, function, make):
        work.check(self.rival.map(function, make(self.warming()), self.settings), map(function, make(self.warming())))
        inputs = make(self.count)
        start = time.perf_counter()
        outputs = self.rival.map(function, inputs, self.settings)
        elapsed = time.perf_counter() - start
        work.check(outputs, map(function, inputs) if function not in SLOW else inputs)
        return {"seconds": elapsed}

    def warming(self):
        """How many inputs warm up: fewer where each takes long, and enough for a chunk for each worker."""
        digits = str(self.settings.get("chunk", self.settings.get("slice", self.settings.get("by", "")))).rpartition("-")[2]
        chunk = int(digits) if digits.isdigit() else 0
        some = 2_000 if self.count <= 20_000 else 100_000
        return min(self.count, max(some, self.workers * chunk))

    def starmap(self):
        def run(count):
            firsts, seconds = list(range(count)), list(range(1, count + 1))
            start = time.perf_counter()
            outputs = self.rival.starmap(work.combine, firsts, seconds, self.settings)
            elapsed = time.perf_counter() - start
            work.check(outputs, map(work.combine, firsts, seconds))
            return elapsed

        run(self.warming())
        return {"seconds": run(self.count)}

    def sum(self, read):
        warming = self.warming()
        work.check(sorted(read(work.square, work.numbers(warming), self.settings)), map(work.square, range(warming)))
        inputs = work.numbers(self.count)
        start = time.perf_counter()
        total = sum(read(work.square, inputs, self.settings))
        elapsed = time.perf_counter() - start
        if total != work.sum_of_squares(self.count):
            stop("The outputs do not have the right sum.")
        return {"seconds": elapsed}

    def skewed(self, in_order):
        if in_order:
            return self.map(work.burn_skewed, work.numbers)
        list(self.rival.unordered(work.burn_skewed, work.numbers(self.warming()), self.settings))
        inputs = work.numbers(self.count)
        start = time.perf_counter()
        outputs = list(self.rival.unordered(work.burn_skewed, inputs, self.settings))
        elapsed = time.perf_counter() - start
        work.check(sorted(outputs), inputs)
        return {"seconds": elapsed}


# Functions that give their input back: too slow to be called a second time for a check, or made to end a process.
SLOW = (work.burn, work.burn_skewed, work.burn_or_die, work.echo)


def independently(function, count, workers):
    """The seconds of as many processes that have nothing to do with one another, each with every so many-th input."""
    start = time.perf_counter()
    children = []
    for worker in range(workers):
        child = os.fork()
        if child == 0:
            for x in range(worker, count, workers):
                function(x)
            os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    return time.perf_counter() - start


def calls(rival, count):
    """Single calls, one after another: their median, and the times that one of 100 and one of 1,000 exceeds."""
    for x in range(min(200, count)):
        rival.call(work.square, x)
    times = []
    for x in range(count):
        start = time.perf_counter()
        output = rival.call(work.square, x)
        times.append(time.perf_counter() - start)
        if output != x * x:
            stop(f"The call of {x} gave {output}.")
    times.sort()
    return {name: times[int((count - 1) * share)] for name, share in (("p50", 0.5), ("p99", 0.99), ("p999", 0.999))}


@contextlib.contextmanager
def busy(rival, settings):
    """Keeps the workers busy with maps that overlap until the block ends."""
    ended = threading.Event()
    failures = []

    def keep():
        try:
            while not ended.is_set():
                rival.map(work.burn, work.numbers(rival.busy_inputs), settings)
        except Exception as error:
            failures.append(error)

    rival.map(work.burn, work.numbers(rival.busy_inputs), settings)
    threads = [threading.Thread(target=keep) for _ in range(rival.busy_maps)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    if failures:
        stop(f"A map that keeps the workers busy failed: {failures[0]!r}.")


def crashes(rival, settings, count, workers):
    """What deaths cost beside the same inputs without them. Ends the program where the library does not survive them."""
    deadly = sum(map(work.is_deadly, range(count)))
    rival.map(work.burn_or_die, work.numbers(count), settings)
    start = time.perf_counter()
    rival.map(work.burn_or_die, work.numbers(count - deadly), settings)
    undisturbed = time.perf_counter() - start
    inputs = [-1 if work.is_deadly(x) else x for x in range(count)]

    def hung(*_):
        give_up(f"{rival.name} was given no result for {HANG} s after a worker was killed: it waits for ever.")

    signal.signal(signal.SIGALRM, hung)
    signal.alarm(HANG)
    start = time.perf_counter()
    try:
        delivered = rival.results(work.burn_or_die, inputs, settings)
    except Exception as error:
        give_up(f"{rival.name} ends the whole map where a worker is killed: {type(error).__name__}.")
    elapsed = time.perf_counter() - start
    signal.alarm(0)
    return {
        "seconds": elapsed, "delivered": delivered, "lost": count - delivered,
        "lost_per_crash": (elapsed - undisturbed) * workers / max(1, deadly),
    }


def give_up(sentence):
    """Ends the program from any state that a library can be in, its workers first."""
    print(sentence, file=sys.stderr, flush=True)
    for child in _descendants(os.getpid()):
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    os._exit(CANNOT_SURVIVE)


def _descendants(pid):
    """The processes that this one has started, and those that they have."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            children = [int(word) for word in file.read().split()]
    except FileNotFoundError:
        return []
    return [each for child in children for each in [child, *_descendants(child)]]
