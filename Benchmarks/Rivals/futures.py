"""CPython's concurrent.futures.ProcessPoolExecutor: map, submit and as_completed, with workers made by fork."""

import concurrent.futures
import itertools
import multiprocessing

import contestant

# The executor's own choice is one input a task, some 50 us each: left out where inputs are many.
NUMBERS = {"chunk": [65_536, 4_096, 16_384, 262_144]}
TEXTS = {"chunk": [1_024, 128, 8_192, 65_536]}
BLOBS = {"chunk": [1, 4, 16]}


def apply_to_slice(function, inputs):
    """What users write for outputs as they come, as the executor cuts chunks only for its ordered map."""
    return [function(x) for x in inputs]


class Futures(contestant.Rival):
    name = "ProcessPoolExecutor"
    sweeps = {
        "w1-collect": NUMBERS,
        "w1-iterate": NUMBERS,
        "w1-unordered": NUMBERS,
        "w2": NUMBERS,
        "w3": TEXTS,
        "w4": {"record": ["namedtuple", "dataclass"], **TEXTS},
        "w5-in": BLOBS,
        "w5-echo": BLOBS,
        "w6": TEXTS,
        "w7": {"chunk": [16, 1, 64, 256]},
        "w8-ordered": {"chunk": [32, 8, 128, 512]},
        "w8-unordered": {"chunk": [32, 8, 128, 512]},
        "w9-idle": {},
        "w9-loaded": {"chunk": [1, 10]},
        "w11": {"chunk": [1]},
    }

    def start(self, workers):
        context = multiprocessing.get_context("fork")
        self.executor = concurrent.futures.ProcessPoolExecutor(workers, context)

    def stop(self):
        self.executor.shutdown()

    def map(self, function, inputs, settings):
        return list(self.executor.map(function, inputs, chunksize=settings["chunk"]))

    def starmap(self, function, firsts, seconds, settings):
        return list(self.executor.map(function, firsts, seconds, chunksize=settings["chunk"]))

    def iterate(self, function, inputs, settings):
        return self.executor.map(function, inputs, chunksize=settings["chunk"])

    def unordered(self, function, inputs, settings):
        chunk = settings["chunk"]
        slices = (inputs[at : at + chunk] for at in range(0, len(inputs), chunk))
        tasks = [self.executor.submit(apply_to_slice, function, each) for each in slices]
        return itertools.chain.from_iterable(task.result() for task in concurrent.futures.as_completed(tasks))

    def call(self, function, x):
        return self.executor.submit(function, x).result()


if __name__ == "__main__":
    contestant.main(Futures())
