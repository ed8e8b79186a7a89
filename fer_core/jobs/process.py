"""Processes told apart by their id and the time they were started."""

import contextlib
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

SAME_START = 0.05
"""Seconds by which two readings of one process's start may differ."""
PROC = Path("/proc")
START_TICKS = 22
"""Number of the field of /proc/<pid>/stat that says when the process was started (proc_pid_stat(5))."""
PLAIN_ERRORS = {"TYPER_USE_RICH": "false"}
"""Environment in which the command line ends in `Error: …`, not in the last line of a box around it."""
_WINDOWS_FLAGS = ("CREATE_NEW_PROCESS_GROUP", "CREATE_NO_WINDOW")
APART: dict[str, Any] = {
    "start_new_session": True,
    "creationflags": sum(getattr(subprocess, flag, 0) for flag in _WINDOWS_FLAGS),
}
"""How `Popen` starts what neither Ctrl-C in this terminal nor its end may reach; Windows takes the flags alone."""
GONE_SECONDS = 5.0
"""For which Windows is given time to end a process, whose files can't be deleted before."""


@dataclass(frozen=True)
class Resources:
    """What a process and those it started use now.

    Attributes:
        cpu: cores' worth of processor time since the last reading; 0 at the first.
        memory: bytes of resident memory.
    """

    cpu: float
    memory: int


def started_at(pid: int) -> str | float | None:
    """When a living process was started, to tell it from others of its id; None where there is no such process.

    Returns:
        On Linux the clock ticks since the boot, and which boot; elsewhere the second since 1970, as the system's clock,
        which may be set anew meanwhile, has it now.
    """
    created = _created(pid)
    return created if created is None else _ticks(pid) or created


def _created(pid: int) -> float | None:
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.Error:
        return None


def _ticks(pid: int) -> str | None:
    try:
        behind_name = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()  # from the third field on
        return f"{behind_name[START_TICKS - 3]} {(PROC / 'sys/kernel/random/boot_id').read_text().strip()}"
    except (OSError, IndexError):
        return None


def is_alive(pid: int | None, start: str | float | None) -> bool:
    """Whether this very process lives, not another one that was given its id.

    Args:
        start: what `started_at` said, or the second since 1970.
    """
    created = _created(pid) if pid is not None and start is not None else None
    if created is None:
        return False
    return _ticks(pid) == start if isinstance(start, str) else abs(created - start) < SAME_START


def end_group(pid: int, start: str | float, *, by_force: bool = False) -> None:
    """Ask the process and those it started to end (SIGTERM), or end them (SIGKILL); nothing if it is gone.

    Windows can't ask: there they are ended at once.

    Args:
        pid: leader of a process group of its own.
    """
    if not is_alive(pid, start):
        return
    if not hasattr(os, "killpg"):
        _end_tree(pid)
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL if by_force else signal.SIGTERM)


def _end_tree(pid: int) -> None:
    with contextlib.suppress(psutil.Error):
        parent = psutil.Process(pid)
        tree = [parent, *parent.children(recursive=True)]  # the parent first: it starts none of them anew
        for process in tree:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(tree, timeout=GONE_SECONDS)


def resources_of(
    pid: int, start: str | float, before: tuple[float, float] | None
) -> tuple[Resources, tuple[float, float]]:
    """What the process and its children use.

    Args:
        before: what the last call gave as its second value.

    Returns:
        The use, and (now, processor seconds) for the next call.

    Raises:
        psutil.NoSuchProcess: it is gone.
    """
    if not is_alive(pid, start):
        raise psutil.NoSuchProcess(pid)
    process = psutil.Process(pid)
    seconds, memory = 0.0, 0
    for each in [process, *process.children(recursive=True)]:
        with contextlib.suppress(psutil.Error):
            times = each.cpu_times()
            seconds += times.user + times.system
            memory += each.memory_info().rss
    now = time.monotonic()
    cpu = (seconds - before[1]) / (now - before[0]) if before and now > before[0] else 0.0
    return Resources(max(0.0, cpu), memory), (now, seconds)
