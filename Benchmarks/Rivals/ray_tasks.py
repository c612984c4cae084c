"""Ray on this machine alone: a task for each slice of the inputs. On request, for it is large: `install --ray`."""

import itertools
import os

import contestant
from futures import apply_to_slice

SLICES = {"slice": [65_536, 8_192, 524_288]}


class Ray(contestant.Rival):
    name = "Ray"
    needs = "ray"
    sweeps = {
        "w1-collect": SLICES,
        "w1-iterate": SLICES,
        "w1-unordered": SLICES,
        "w5-in": {"slice": [1, 4, 16]},
        "w5-echo": {"slice": [1, 4, 16]},
        "w9-idle": {},
        "w9-loaded": {"slice": [10, 1]},
        "w11": {"slice": [1]},
    }

    def start(self, workers):
        # Nothing about the run leaves the machine.
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        import ray

        self.ray = ray
        ray.init(num_cpus=workers, include_dashboard=False, log_to_driver=False, logging_level="error")
        # An input that kills its worker must not be tried anew.
        self.slice = ray.remote(max_retries=0)(apply_to_slice)
        self.single = ray.remote(max_retries=0)(_apply)

    def stop(self):
        self.ray.shutdown()

    def map(self, function, inputs, settings):
        tasks = self._tasks(function, inputs, settings)
        return list(itertools.chain.from_iterable(self.ray.get(tasks)))

    def iterate(self, function, inputs, settings):
        return itertools.chain.from_iterable(map(self.ray.get, self._tasks(function, inputs, settings)))

    def unordered(self, function, inputs, settings):
        waiting = self._tasks(function, inputs, settings)
        while waiting:
            ended, waiting = self.ray.wait(waiting)
            yield from itertools.chain.from_iterable(self.ray.get(ended))

    def call(self, function, x):
        return self.ray.get(self.single.remote(function, x))

    def results(self, function, inputs, settings):
        delivered = 0
        for task in self._tasks(function, inputs, settings):
            try:
                delivered += len(self.ray.get(task))
            except self.ray.exceptions.WorkerCrashedError:
                continue
        return delivered

    def _tasks(self, function, inputs, settings):
        size = settings["slice"]
        return [self.slice.remote(function, inputs[at : at + size]) for at in range(0, len(inputs), size)]


def _apply(function, x):
    return function(x)


if __name__ == "__main__":
    contestant.main(Ray())
