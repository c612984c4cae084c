"""One round of one workload on CPython's multiprocessing.Pool: `rival.py map|remote WORKERS COUNT [CHUNK]`.

Called by tools/bench, which runs GantryBench beside it in turn; prints one line of numbers and nothing else.
"""

import multiprocessing
import sys
import time


def square(x):
    return x * x


def time_map(pool, count, chunk):
    """Prints the seconds of one map, from its call to the whole list."""
    inputs = list(range(count))
    start = time.perf_counter()
    outputs = pool.map(square, inputs, chunk)
    elapsed = time.perf_counter() - start
    if len(outputs) != count or any(y != x * x for x, y in enumerate(outputs)):
        sys.exit("The map's outputs are wrong.")
    print(elapsed)


def time_remote(pool, count):
    """Prints the median and the 99th percentile, in seconds, of single calls one after the other."""
    times = []
    for x in range(count):
        start = time.perf_counter()
        y = pool.apply(square, (x,))
        times.append(time.perf_counter() - start)
        if y != x * x:
            sys.exit(f"The call of {x} gave {y}.")
    times.sort()
    print(times[count // 2], times[min(count - 1, count * 99 // 100)])


def main():
    workload, workers, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    chunk = int(sys.argv[4]) if len(sys.argv) > 4 else None
    # By fork: the fastest way the rival has, and the same as Gantry's.
    with multiprocessing.get_context("fork").Pool(workers) as pool:
        pool.map(square, range(100_000))
        if workload == "map":
            time_map(pool, count, chunk)
        else:
            time_remote(pool, count)


if __name__ == "__main__":
    main()
