"""Runs one command to its end or its time limit, in a process group of its own, and ends what it leaves behind."""

import contextlib
import dataclasses
import os
import select
import signal
import subprocess
import tempfile
import time


@dataclasses.dataclass(frozen=True)
class Finished:
    """How a command ended. `status` None: it was ended, because it took longer than it might."""

    status: int | None
    output: str
    errors: str
    elapsed: float

    def complaint(self, limit=None):
        """One sentence on a failure, the command's own where it said something."""
        if self.status is None:
            return f"It took longer than {limit:g} s and was ended."
        lines = [line.strip() for line in self.errors.splitlines() if line.strip()]
        if lines:
            return lines[-1][:400]
        if self.status < 0:
            return f"It was killed by signal {-self.status} and said nothing."
        return f"It ended with status {self.status} and said nothing."


def run(command, timeout, cwd):
    """Runs `command`. Output goes to files: a descendant that holds a pipe open must not hold up the run."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        begun = time.monotonic()
        try:
            child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, cwd=cwd, start_new_session=True)
        except OSError as error:
            return Finished(127, "", f"It cannot be started: {error.strerror}: {command[0]}.", 0.0)
        in_time = False
        try:
            in_time = _ends(child.pid, timeout)
        finally:
            elapsed = time.monotonic() - begun
            # Before the child is reaped, so that its number cannot be another group's by now.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            status = child.wait()
        return Finished(status if in_time else None, _text(output), _text(errors), elapsed)


def _ends(pid, timeout):
    """Whether the process ends within `timeout` seconds. By a descriptor: polling would wake on a measured core."""
    descriptor = os.pidfd_open(pid)
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(timeout * 1000))
    finally:
        os.close(descriptor)


def _text(file):
    file.seek(0)
    return file.read().decode(errors="replace")
