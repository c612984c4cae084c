"""mpire's WorkerPool: map, imap, imap_unordered and apply, with workers made by fork and kept between maps."""

import itertools

import contestant
from futures import apply_to_slice
from joblib_loky import apply_to_slices

# "slice-N" hands over lists of N inputs, as some microseconds are spent on each task; "chunk-N" is its chunk_size, of
# which 0 is its own choice.
NUMBERS = {"by": ["slice-65536", "slice-8192", "slice-524288", "chunk-16384", "chunk-0"]}
TEXTS = {"by": ["slice-8192", "slice-1024", "slice-65536", "chunk-1024", "chunk-0"]}
BLOBS = {"by": ["chunk-1", "chunk-4", "chunk-16"]}
BURNS = {"by": ["slice-64", "slice-16", "slice-256", "chunk-16", "chunk-64", "chunk-0"]}


class Mpire(contestant.Rival):
    name = "mpire WorkerPool"
    needs = "mpire"
    # A pool runs one map at a time, and hands out little of it ahead: a call passes the rest.
    busy_maps, busy_inputs = 1, 10_000
    sweeps = {
        "w1-collect": NUMBERS,
        "w1-iterate": NUMBERS,
        "w1-unordered": NUMBERS,
        "w2": NUMBERS,
        "w3": TEXTS,
        # Where records are tasks of their own, the pool takes a named tuple for several arguments.
        "w4": {"record": ["namedtuple", "dataclass"], "by": ["slice-8192", "slice-1024", "slice-65536"]},
        "w5-in": BLOBS,
        "w5-echo": BLOBS,
        "w6": TEXTS,
        "w7": BURNS,
        "w8-ordered": BURNS,
        "w8-unordered": BURNS,
        "w9-idle": {},
        "w9-loaded": {"by": ["chunk-1", "chunk-10"]},
        "w11": {"by": ["chunk-1"]},
    }

    def start(self, workers):
        import mpire

        self.pool = mpire.WorkerPool(workers, start_method="fork", keep_alive=True)

    def stop(self):
        self.pool.stop_and_join()

    def map(self, function, inputs, settings):
        return self._outputs(self.pool.map, function, apply_to_slice, [inputs], settings)

    def starmap(self, function, firsts, seconds, settings):
        return self._outputs(self.pool.map, function, apply_to_slices, [firsts, seconds], settings)

    def iterate(self, function, inputs, settings):
        return self._outputs(self.pool.imap, function, apply_to_slice, [inputs], settings)

    def unordered(self, function, inputs, settings):
        return self._outputs(self.pool.imap_unordered, function, apply_to_slice, [inputs], settings)

    def _outputs(self, call, function, to_slice, columns, settings):
        """What `call` gives, as a list where that is pool.map, and chained where outputs come by slices."""
        way, _, size = settings["by"].partition("-")
        size, count = int(size), len(columns[0])
        if way == "chunk":
            # The pool hands a tuple's parts to the function as its arguments.
            inputs = columns[0] if len(columns) == 1 else zip(*columns)
            return call(function, inputs, iterable_len=count, chunk_size=size or None)
        slices = [(function, *(column[at : at + size] for column in columns)) for at in range(0, count, size)]
        outputs = itertools.chain.from_iterable(call(to_slice, slices, chunk_size=1))
        return list(outputs) if call == self.pool.map else outputs

    def call(self, function, x):
        return self.pool.apply(function, (x,))


if __name__ == "__main__":
    contestant.main(Mpire())
