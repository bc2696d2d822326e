"""What Linux tells about other processes."""

from __future__ import annotations

from pathlib import Path


def peak_bytes(pid: int) -> int:
    """Read the largest resident set that a living process ever had."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def is_running(pid: int) -> bool:
    """Tell a running process from one that has ended and waits for whoever adopted it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
