"""GNU parallel, by the protocol of the harness: `gnu_parallel.py blocks|lines`, then --about or a workload.

"blocks" hands blocks of the input to one worker program each, from a file in memory ("pipepart") or through a pipe;
"lines" starts a program for every input, some milliseconds each: far fewer inputs, and the printed "n" says how many.
Inputs are such a file before the time is taken, and outputs count as delivered when their bytes are in this process.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

import contestant
import work

SQUARE = {
    # mawk's %d ends at 31 bits.
    "mawk": """mawk '{printf "%.0f\\n", $1 * $1}'""",
    "perl": """perl -ne 'print $_ * $_, "\\n"'""",
}
# One byte of each page is read.
WEIGH = "perl -e '$/ = undef; $_ = <STDIN>; $s = length; for ($i = 0; $i < length; $i += 4096) " \
    "{ $s += ord substr($_, $i, 1) } print \"$s\\n\"'"
# Each input of "lines" stands for so many of the default count of the other rivals.
SHARE = 20_000
BLOCKS = {
    "w1-collect": {"feed": ["pipepart", "pipe"], "block": ["10M", "1M", "30M"], "worker": ["mawk", "perl"]},
    "w1-unordered": {"feed": ["pipepart"], "block": ["10M", "1M", "30M"], "worker": ["mawk"]},
    "w5-in": {"feed": ["pipepart", "pipe"]},
    "w5-echo": {"feed": ["pipepart", "pipe"]},
}
WAYS = {"blocks": BLOCKS, "lines": {"w1-collect": {}}}


def about(way):
    first = subprocess.run(["parallel", "--version"], stdout=subprocess.PIPE, text=True).stdout.split("\n")[0]
    name = f"GNU parallel ({way})"
    print(json.dumps({"name": name, "version": first.removeprefix("GNU "), "workloads": WAYS[way]}))


def timed(command, path, feed):
    """The seconds and the output of parallel, with the inputs of `path`."""
    with open(path, "rb") as inputs:
        start = time.perf_counter()
        done = subprocess.run(command, stdin=inputs if feed == "pipe" else subprocess.DEVNULL, stdout=subprocess.PIPE)
        elapsed = time.perf_counter() - start
    if done.returncode != 0:
        contestant.stop(f"parallel ended with status {done.returncode}: see above.")
    return elapsed, done.stdout


def blocks(workload, workers, settings, path):
    feed = settings["feed"]
    if workload.startswith("w1"):
        cut, worker = ["--block", settings["block"]], SQUARE[settings["worker"]]
    else:
        # Records without an end are cut wherever a block ends: exactly one blob each.
        cut = ["--recend", "", "--block", str(work.MEBI)]
        worker = WEIGH if workload == "w5-in" else "cat"
    source = ["--pipepart", "-a", path] if feed == "pipepart" else ["--pipe"]
    order = [] if workload == "w1-unordered" else ["-k"]
    return timed(["parallel", "--will-cite", f"-j{workers}", *order, *source, *cut, worker], path, feed)


def make(workload, count, file):
    if workload.startswith("w1"):
        file.writelines(b"%d\n" % x for x in range(count))
    else:
        for blob in work.blobs(count):
            file.write(blob)
    file.flush()


def check(workload, count, output, path):
    if workload == "w5-echo":
        with open(path, "rb") as inputs:
            right = output == inputs.read()
    elif workload == "w5-in":
        right = [int(line) for line in output.split()] == [work.MEBI + 256 * (x & 0xFF) for x in range(count)]
    else:
        outputs = map(int, output.split())
        right = list(outputs if workload == "w1-collect" else sorted(outputs)) == [x * x for x in range(count)]
    if not right:
        contestant.stop("The outputs are wrong.")


def main():
    way = sys.argv.pop(1) if len(sys.argv) > 2 else ""
    if way not in WAYS:
        contestant.stop("Write: gnu_parallel.py blocks|lines, and then --about or a workload with its settings.")
    if not shutil.which("parallel") or not shutil.which("mawk"):
        contestant.stop("parallel or mawk is not installed: run Benchmarks/Rivals/install.", contestant.CANNOT_RUN)
    if sys.argv[1] == "--about":
        about(way)
        return
    workload, workers, count, settings = contestant.arguments(WAYS[way])
    if way == "lines":
        count = max(100, count // SHARE)
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.NamedTemporaryFile(dir=memory) as file:
        make(workload, count, file)
        if way == "blocks":
            elapsed, output = blocks(workload, workers, settings, file.name)
        else:
            command = ["parallel", "--will-cite", f"-j{workers}", "-k", "-a", file.name, "echo $(({} * {}))"]
            elapsed, output = timed(command, file.name, "argument")
        check(workload, count, output, file.name)
    print(json.dumps({"seconds": elapsed, "n": count}))


if __name__ == "__main__":
    main()
