"""Where tests keep what need not last: in memory, where no write waits for a disk."""

import os
import shutil
from pathlib import Path

import psutil

MEMORY = Path("/dev/shm")
ENOUGH = 2 * 2**30


def _quick() -> str | None:
    if not (MEMORY.is_dir() and os.access(MEMORY, os.W_OK)):
        return None
    free = min(shutil.disk_usage(MEMORY).free, psutil.virtual_memory().available)
    return str(MEMORY) if free > ENOUGH else None


QUICK = _quick()
"""A folder in memory, or None: the system's own for temporary files."""
