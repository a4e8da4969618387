"""Reading the ends of logs, and going on as they grow."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path


def tail(files: Sequence[Path], lines: int) -> Iterator[str]:
    """The last lines of each file; named when there are several."""
    for file in files:
        for line in file.read_text(errors="replace").splitlines()[-lines:]:
            yield named(file, line, files)


def follow(files: Sequence[Path], lines: int) -> Iterator[str]:
    """The last lines of each file and then every new one as it is written; never ends."""
    open_files = [(file, file.open(errors="replace")) for file in files]
    yield from tail(files, lines)
    for _, log in open_files:
        log.seek(0, 2)
    while True:
        fresh = [(file, line) for file, log in open_files for line in log]
        yield from (named(file, line.rstrip("\n"), files) for file, line in fresh)
        if not fresh:
            time.sleep(0.2)


def named(file: Path, line: str, files: Sequence[Path]) -> str:
    """The line with its process in front when there are several."""
    return line if len(files) == 1 else f"{file.stem:22} {line}"
