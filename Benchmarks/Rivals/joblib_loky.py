"""joblib's Parallel with its loky workers: batches that it sizes itself, batches of given size, and slices cut before.

Single calls go to loky's executor, for Parallel has none.
"""

import functools
import itertools

import contestant
from futures import apply_to_slice

# "slice-N" hands over lists of N inputs, which joblib's users do where inputs are small; "batch-N" is its batch_size.
NUMBERS = {"by": ["slice-65536", "slice-8192", "slice-524288", "batch-auto", "batch-8192"]}
SUMS = {"by": ["slice-65536", "slice-8192", "slice-524288", "batch-8192"]}
TEXTS = {"by": ["slice-8192", "slice-1024", "slice-65536", "batch-auto", "batch-1024"]}
BLOBS = {"by": ["slice-1", "slice-4", "slice-16", "batch-auto", "batch-4"]}
BURNS = {"by": ["slice-64", "slice-16", "slice-256", "batch-auto", "batch-64"]}


def apply_to_slices(function, firsts, seconds):
    return [function(a, b) for a, b in zip(firsts, seconds)]


class Joblib(contestant.Rival):
    name = "joblib (loky)"
    needs = "joblib"
    sweeps = {
        "w1-collect": NUMBERS,
        "w1-iterate": SUMS,
        "w1-unordered": SUMS,
        "w2": NUMBERS,
        "w3": TEXTS,
        "w4": {"record": ["namedtuple", "dataclass"], **TEXTS},
        "w5-in": BLOBS,
        "w5-echo": BLOBS,
        "w6": TEXTS,
        "w7": BURNS,
        "w8-ordered": BURNS,
        "w8-unordered": BURNS,
        "w9-idle": {},
        "w9-loaded": {"chunk": [1, 10]},
        "w11": {"by": ["batch-1"]},
    }

    def start(self, workers):
        # Parallel starts workers of its own at its first map, and keeps them.
        self.workers = workers

    def stop(self):
        from joblib.externals import loky

        loky.get_reusable_executor().shutdown()

    @functools.cached_property
    def executor(self):
        from joblib.externals import loky

        return loky.get_reusable_executor(self.workers)

    def map(self, function, inputs, settings):
        if "by" not in settings:
            return list(self.executor.map(function, inputs, chunksize=settings["chunk"]))
        return self._collected(function, apply_to_slice, [inputs], settings)

    def starmap(self, function, firsts, seconds, settings):
        return self._collected(function, apply_to_slices, [firsts, seconds], settings)

    def iterate(self, function, inputs, settings):
        return self._outputs(function, apply_to_slice, [inputs], settings, "generator")

    def unordered(self, function, inputs, settings):
        return self._outputs(function, apply_to_slice, [inputs], settings, "generator_unordered")

    def call(self, function, x):
        return self.executor.submit(function, x).result()

    def _collected(self, function, to_slice, columns, settings):
        outputs = self._outputs(function, to_slice, columns, settings, "list")
        return outputs if isinstance(outputs, list) else list(outputs)

    def _outputs(self, function, to_slice, columns, settings, wanted):
        """Outputs in the form that is `wanted` of Parallel, and chained where they come by slices."""
        from joblib import Parallel, delayed

        way, _, size = settings["by"].partition("-")
        if way == "batch":
            size = size if size == "auto" else int(size)
            # A batch is dispatched only whole, and the default of 4 inputs ahead would make each one of 4.
            ahead = "2*n_jobs" if size == "auto" else 2 * self.workers * size
            parallel = Parallel(self.workers, batch_size=size, pre_dispatch=ahead, return_as=wanted)
            return parallel(delayed(function)(*row) for row in zip(*columns))
        cuts = range(0, len(columns[0]), int(size))
        parallel = Parallel(self.workers, batch_size=1, return_as=wanted)
        slices = ([column[at : at + int(size)] for column in columns] for at in cuts)
        return itertools.chain.from_iterable(parallel(delayed(to_slice)(function, *each) for each in slices))


if __name__ == "__main__":
    contestant.main(Joblib())
