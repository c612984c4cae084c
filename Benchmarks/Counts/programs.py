"""Builds what tools/count runs: the Swift program of the counted runs, the C ring's program, the preloaded counter."""

import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
TREE = HERE.parent.parent
RING = TREE / "CSupport" / "CGantryRing"
STRICT = ["-std=c17", "-O2", "-Wall", "-Wextra", "-Werror"]


def run(command, **options):
    """Runs a command for its output; ends the program with what it said where it fails."""
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, **options)
    if done.returncode != 0:
        sys.stderr.write(done.stdout + done.stderr)
        sys.exit(f"This failed, with status {done.returncode}; see above: {' '.join(map(str, command))}")
    return done.stdout


def compiler():
    """The compiler that Swift packages are built with: instructions are to be those that users run."""
    swift = shutil.which("swift")
    beside = pathlib.Path(swift).resolve().parent / "clang" if swift else None
    return os.environ.get("CC") or (str(beside) if beside and beside.exists() else "clang")


def build_counted_runs():
    """The path of the Swift program that maps; a release build, in Benchmarks/.build."""
    build = ["swift", "build", "-c", "release", "--package-path", TREE / "Benchmarks", "--product", "CountedRuns"]
    run(build)
    return TREE / "Benchmarks" / ".build" / "release" / "CountedRuns"


def build_ring(folder):
    """The path of the program that runs both sides of the C ring. Without debug information: valgrind may be older."""
    sources = [HERE / "ring.c", *sorted(RING.glob("*.c"))]
    run([compiler(), *STRICT, f"-I{RING / 'include'}", *sources, "-o", folder / "ring"])
    return folder / "ring"


def build_counter(folder):
    """The path of the library that counts allocations and copies."""
    built = folder / "calls.so"
    run([compiler(), *STRICT, "-fno-builtin", "-shared", "-fPIC", HERE / "calls.c", "-o", built])
    return built
