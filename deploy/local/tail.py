"""Reading the ends of logs, and going on as they grow."""

import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack
from os import SEEK_END
from pathlib import Path
from typing import IO


def tail(files: Sequence[Path], lines: int) -> Iterator[str]:
    """The last lines of each file; named when there are several."""
    for file in files:
        for line in file.read_text(errors="replace").splitlines()[-lines:]:
            yield named(file, line, files)


def follow(files: Sequence[Path], lines: int) -> Generator[str]:
    """The last lines of each file and then every new one as it is written; never ends."""
    with ExitStack() as stack:
        logs = [(file, stack.enter_context(file.open(errors="replace"))) for file in files]
        for _, log in logs:
            log.seek(0, SEEK_END)
        yield from tail(files, lines)
        while True:
            fresh = [(file, line) for file, log in logs for line in _new(file, log)]
            yield from (named(file, line.rstrip("\n"), files) for file, line in fresh)
            if not fresh:
                time.sleep(0.2)


def _new(file: Path, log: IO[str]) -> list[str]:
    """What was written since the last look; from the beginning of a log that was put aside meanwhile."""
    if file.stat().st_size < log.tell():
        log.seek(0)
    return list(log)


def named(file: Path, line: str, files: Sequence[Path]) -> str:
    """The line with its process in front when there are several."""
    return line if len(files) == 1 else f"{file.stem:22} {line}"
