"""Builds the benchmarks and the limits, and installs the rivals, each by the script that its folder has."""

import os
import subprocess


def _step(name, command, root, say, fatal):
    """Runs one step; its output is shown only where it fails."""
    say(f"{name} ...")
    done = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode == 0:
        return
    sentence = f"{name} failed with status {done.returncode}: see above."
    say(done.stdout + sentence)
    if fatal:
        raise SystemExit(1)
    say("What is missing is left out, and listed as skipped.")


def build(root, say):
    """The Swift package and the C programs. Without the package there is nothing to compare, so that it must build."""
    _step("Looking for what Gantry needs", [os.path.join("tools", "setup")], root, say, True)
    _step("Building Benchmarks", ["swift", "build", "-c", "release", "--package-path", "Benchmarks"], root, say, True)
    script = os.path.join("Benchmarks", "Limits", "build")
    if os.path.exists(os.path.join(root, script)):
        _step("Building the limits", [script], root, say, False)


def install(root, say, requested):
    """The rivals; `requested` are those that are installed only on request."""
    script = os.path.join("Benchmarks", "Rivals", "install")
    if os.path.exists(os.path.join(root, script)):
        _step("Installing the rivals", [script, *(f"--{name}" for name in requested)], root, say, False)
