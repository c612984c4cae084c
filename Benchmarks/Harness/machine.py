"""What the figures were measured on: processor, memory, kernel, versions, load. Never the machine's name or paths."""

import contextlib
import os
import platform
import subprocess


def describe(root):
    """Everything that a reader needs to judge the figures, as strings and numbers."""
    return {
        "processor": _processor(),
        "processors": len(os.sched_getaffinity(0)),
        "quota": _quota(),
        "virtual": _virtual(),
        "caches": _caches(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "architecture": platform.machine(),
        "kernel": platform.release(),
        "system": _system(),
        "huge_pages": _chosen(_read("/sys/kernel/mm/transparent_hugepage/enabled")),
        "swift": _first_line(["swift", "--version"]),
        "compiler": _first_line(["cc", "--version"]),
        "python": platform.python_version(),
        "revision": _revision(root),
        "load": list(os.getloadavg()),
    }


def _read(path):
    with contextlib.suppress(OSError), open(path) as file:
        return file.read().strip()
    return ""


def _processor():
    for line in _read("/proc/cpuinfo").splitlines():
        if line.lower().startswith(("model name", "cpu model")):
            return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown"


def _virtual():
    return any("hypervisor" in line for line in _read("/proc/cpuinfo").splitlines() if line.startswith("flags"))


def _quota():
    """Processors that a control group allows, or None."""
    words = _read("/sys/fs/cgroup/cpu.max").split()
    return round(int(words[0]) / int(words[1]), 2) if len(words) == 2 and words[0] != "max" else None


def _caches():
    base = "/sys/devices/system/cpu/cpu0/cache"
    found = []
    with contextlib.suppress(OSError):
        for index in sorted(os.listdir(base)):
            level, kind, size = (_read(f"{base}/{index}/{name}") for name in ("level", "type", "size"))
            if level and kind != "Instruction":
                found.append(f"L{level} {size}")
    return ", ".join(found)


def _system():
    for line in _read("/etc/os-release").splitlines():
        if line.startswith("PRETTY_NAME="):
            return line.split("=", 1)[1].strip('"')
    return platform.system()


def _chosen(text):
    """The word in brackets, of files that list what can be chosen."""
    return text.partition("[")[2].partition("]")[0]


def _first_line(command):
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        lines = (done.stdout or done.stderr).strip().splitlines()
        if done.returncode == 0 and lines:
            return lines[0]
    return "none"


def _revision(root):
    """The commit, and whether the tree differs from it; results and charts of this very tool do not count."""
    with contextlib.suppress(OSError):
        commit = subprocess.run(["git", "-C", root, "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True)
        if commit.returncode == 0:
            state = subprocess.run(
                ["git", "-C", root, "status", "--porcelain", "--", ".", ":!Benchmarks/RESULTS.md",
                 ":!Benchmarks/results.json", ":!Benchmarks/Charts"], capture_output=True, text=True)
            return commit.stdout.strip() + (" with changes" if state.stdout.strip() else "")
    return "unknown"
