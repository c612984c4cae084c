"""A contestant that obeys the protocol and measures nothing: `fake.py CHARACTER ...`, for the harness's own tests.

Characters: `fast` and `slow` answer, with `chunk` of 64 the best; `absent` cannot run here; `dies` fails with a
sentence; `hangs` never ends, and has a process that holds its output; `mumbles` prints no JSON; `leaves` answers, and
leaves a process behind; `limit` is the limits; `ring-…` is a ring.
"""

import json
import os
import subprocess
import sys
import time

SPEED = {"fast": 1.0, "slow": 20.0, "processes": 0.98, "dies": 1.0, "hangs": 1.0, "mumbles": 1.0, "ring-pipe": 9.0}
LATENCY = {"p50": 4e-6, "p99": 9e-6, "p999": 5e-5}


def about(character):
    if character == "limit":
        return {
            "name": "limits", "version": "fake", "workloads": {
                "pingpong": {}, "lane-w1": {"chunk": [16, 64]}, "memcpy-in": {}, "memcpy-echo": {},
                "futex-pingpong": {}}}
    if character.startswith("ring"):
        rings = {"ring-8": {}, "ring-64": {}}
        return {"name": f"Fake.{character}", "version": "", "note": "a ring", "workloads": rings}
    swept = {"chunk": [0, 64, 16384]}
    if character == "processes":
        return {"name": "independent processes", "version": "", "workloads": {"w7": {}, "w8-ordered": {}}}
    loads = {name: swept for name in ("w1-collect", "w2", "w3", "w5-in", "w5-echo")}
    loads.update({name: {} for name in ("w1-iterate", "w7", "w8-ordered", "w9-idle", "w9-loaded", "w11")})
    if character == "fast":
        loads.update({name: {} for name in (
            "w9-nospin", "w10-first", "w10-containers", "w12-inputs", "w12-containers", "w12-maps", "w12-chunks")})
    return {"name": f"Fake.{character}", "version": "1.0", "workloads": loads}


def measured(character, workload, settings):
    count = int(settings.get("n", 1000))
    factor = SPEED.get(character, 0.6) * (1 if settings.get("chunk", "64") == "64" else 1.7)
    # A little of a spread, of no cost and no chance: by the process's number.
    factor *= 1 + (os.getpid() % 7) / 100
    if workload == "pingpong":
        return {"seconds": 0.001, "round_trip": 1e-7}
    if workload.startswith("w9") or workload.startswith("futex"):
        return {key: value * factor for key, value in LATENCY.items()}
    if workload == "w10-first":
        return {"seconds": (time.clock_gettime_ns(time.CLOCK_MONOTONIC) - int(settings["start"])) * 1e-9}
    if workload.startswith("memcpy"):
        return {"seconds": 0.02, "bytes_per_second": 1.3e10}
    if workload == "w11":
        return {"seconds": 0.2 * factor, "delivered": count * 0.99, "lost": count * 0.01, "lost_per_crash": 0.002}
    if workload.startswith("ring"):
        return {"seconds": 0.1 * factor, "messages_per_second": 1e7 / factor, "bytes_per_second": 8e7 / factor}
    each = 1e-4 if workload in ("w5-in", "w5-echo") else 1e-8
    more = {"growth_bytes": 4 << 20} if workload == "w12-inputs" else {}
    return {"seconds": count * each * factor, "n": count, **more}


def main():
    character, words = sys.argv[1], sys.argv[2:]
    if character == "absent":
        sys.stderr.write("Fake is not installed: install it.\n")
        return 3
    if words == ["--about"]:
        print(json.dumps(about(character)))
        return 0
    if character == "dies":
        sys.stderr.write("Something before.\nThe outputs are wrong.\n")
        return 1
    if character == "hangs":
        subprocess.Popen(["sleep", "1000"])
        time.sleep(1000)
    if character == "leaves":
        left = subprocess.Popen(["sleep", "1000"])
        print(json.dumps({"seconds": 1.0, "left": left.pid}))
        return 0
    if character == "mumbles":
        print("done")
        return 0
    settings = dict(word.split("=", 1) for word in words[1:])
    print("A line that is not the last.")
    print(json.dumps(measured(character, words[0], settings)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
