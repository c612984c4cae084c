"""CPython's multiprocessing.Pool: map, starmap, imap, imap_unordered and apply, with workers made by fork."""

import multiprocessing

import contestant

NUMBERS = {"chunk": [16_384, 0, 1_024, 4_096, 65_536, 262_144]}
TEXTS = {"chunk": [1_024, 0, 128, 8_192, 65_536]}
BLOBS = {"call": ["imap", "map"], "chunk": [1, 4, 16]}


class Pool(contestant.Rival):
    name = "multiprocessing.Pool"
    sweeps = {
        "w1-collect": NUMBERS,
        # imap's own choice is one input a task: far behind, and with 8 million of them far too long to find out.
        "w1-iterate": {"chunk": [16_384, 1_024, 4_096, 65_536, 262_144]},
        "w1-unordered": {"chunk": [16_384, 1_024, 4_096, 65_536, 262_144]},
        "w2": NUMBERS,
        "w3": TEXTS,
        "w4": {"record": ["namedtuple", "dataclass"], **TEXTS},
        "w5-in": BLOBS,
        "w5-echo": BLOBS,
        "w6": TEXTS,
        "w7": {"chunk": [16, 0, 1, 64, 256]},
        "w8-ordered": {"chunk": [32, 0, 8, 128, 512]},
        "w8-unordered": {"chunk": [32, 8, 128, 512]},
        "w9-idle": {},
        "w9-loaded": {"chunk": [1, 10, 0]},
        "w11": {"chunk": [1]},
    }

    def start(self, workers):
        self.pool = multiprocessing.get_context("fork").Pool(workers)

    def stop(self):
        self.pool.close()
        self.pool.join()

    def map(self, function, inputs, settings):
        if settings.get("call") == "imap":
            return list(self.pool.imap(function, inputs, settings["chunk"]))
        return self.pool.map(function, inputs, settings["chunk"] or None)

    def starmap(self, function, firsts, seconds, settings):
        return self.pool.starmap(function, zip(firsts, seconds), settings["chunk"] or None)

    def iterate(self, function, inputs, settings):
        return self.pool.imap(function, inputs, settings["chunk"])

    def unordered(self, function, inputs, settings):
        return self.pool.imap_unordered(function, inputs, settings["chunk"])

    def call(self, function, x):
        return self.pool.apply(function, (x,))


if __name__ == "__main__":
    contestant.main(Pool())
