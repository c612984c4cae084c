"""Dask's distributed client with worker processes on this machine: a task for each slice. On request: `install --dask`."""

import functools
import itertools

import contestant
from futures import apply_to_slice

SLICES = {"slice": [65_536, 8_192, 524_288]}


class Dask(contestant.Rival):
    name = "Dask (distributed)"
    needs = "distributed"
    sweeps = {
        "w1-collect": SLICES,
        "w1-iterate": SLICES,
        "w1-unordered": SLICES,
        "w5-in": {"slice": [1, 4, 16]},
        "w5-echo": {"slice": [1, 4, 16]},
        "w9-idle": {},
        "w9-loaded": {"slice": [10, 1]},
    }

    def start(self, workers):
        import distributed

        self.distributed = distributed
        self.client = distributed.Client(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50)

    def stop(self):
        self.client.close()
        self.client.cluster.close()

    def map(self, function, inputs, settings):
        return list(itertools.chain.from_iterable(self.client.gather(self._tasks(function, inputs, settings))))

    def iterate(self, function, inputs, settings):
        tasks = self._tasks(function, inputs, settings)
        return itertools.chain.from_iterable(task.result() for task in tasks)

    def unordered(self, function, inputs, settings):
        tasks = self._tasks(function, inputs, settings)
        ended = self.distributed.as_completed(tasks, with_results=True)
        return itertools.chain.from_iterable(outputs for _, outputs in ended)

    def call(self, function, x):
        # Not pure: otherwise a call that was made before is not made again.
        return self.client.submit(function, x, pure=False).result()

    def _tasks(self, function, inputs, settings):
        size = settings["slice"]
        slices = (inputs[at : at + size] for at in range(0, len(inputs), size))
        # As a part of the function: Dask looks through an argument, element by element, for other tasks' outputs.
        return [self.client.submit(functools.partial(apply_to_slice, function, each), pure=False) for each in slices]


if __name__ == "__main__":
    contestant.main(Dask())
