"""Logs of a local system do not fill the disk: a long one is put aside, the oldest is dropped."""

import os
import shutil
from pathlib import Path

LARGEST = 20_000_000
KEPT = 3
"""Earlier pieces of each log: `leads-api.log.1` is the newest."""


def rotate(log: Path, largest: int = LARGEST, kept: int = KEPT) -> bool:
    """Puts a log aside when it is larger than `largest` bytes; whether it did.

    Its process goes on at the end of the emptied file, which it has open for appending; a line written
    between the copy and the emptying is lost.
    """
    if not log.exists() or log.stat().st_size <= largest:
        return False
    for number in range(kept - 1, 0, -1):
        if (earlier := piece(log, number)).exists():
            earlier.rename(piece(log, number + 1))
    shutil.copyfile(log, piece(log, 1))
    os.truncate(log, 0)
    return True


def piece(log: Path, number: int) -> Path:
    """An earlier piece of a log."""
    return log.with_name(f"{log.name}.{number}")
