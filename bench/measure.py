"""What every measurement needs: a figure with its peers, cost of a process, a table at the end."""

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]
from rich.console import Console
from rich.table import Table


@dataclass
class Cost:
    """What a piece of work took: wall and CPU seconds, of this process and what it waited for."""

    wall: float = 0.0
    cpu: float = 0.0


@contextmanager
def cost() -> Iterator[Cost]:
    """Fills in what the block took."""
    spent = Cost()
    wall, cpu = time.perf_counter(), time.process_time()
    yield spent
    spent.wall, spent.cpu = time.perf_counter() - wall, time.process_time() - cpu


@dataclass
class Figure:
    """One measured thing beside its peers: the same work in the same run."""

    name: str
    unit: str
    values: dict[str, float] = field(default_factory=dict)
    """Who did it to how much; the first is ours."""
    aim: str = ""

    def ratios(self) -> dict[str, float]:
        """Ours over each peer."""
        (_, ours), *peers = self.values.items()
        return {name: ours / value for name, value in peers if value}


Shares = dict[str, float]
"""`p50_ms` and `p99_ms` of some times."""


def shares(seconds: list[float]) -> Shares:
    """Middle and tail in milliseconds; raises when there is nothing to measure."""
    ordered = sorted(seconds)
    found = {share: ordered[min(len(ordered) - 1, int(len(ordered) * share / 100))] for share in (50, 99)}
    return {f"p{share}_ms": round(1000 * value, 2) for share, value in found.items()}


def timed(work: Callable[[], Any]) -> float:
    """Seconds that the work takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def alone(work: Callable[..., dict[str, float]], *arguments: Any) -> dict[str, float]:
    """Runs the work in a fresh process, so that its CPU and memory are its own; returns its figures."""
    context = get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(work, arguments)


def make_topic(bootstrap: str, name: str) -> None:
    """A topic of 12 partitions for a peer; blocks until the broker has it."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    admin.create_topics([NewTopic(name, 12, 1)])[name].result(30)


def peak_memory_mb(pid: int | None = None) -> float:
    """Peak resident memory of a process, by default this one, as Linux says it (not that of a parent)."""
    status = Path(f"/proc/{pid or 'self'}/status")
    if status.exists():
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(peak.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def report(figures: list[Figure]) -> None:
    """A table on a terminal, one JSON object off it."""
    if not sys.stdout.isatty() and os.environ.get("BENCH_TABLE") is None:
        sys.stdout.write(json.dumps([{**asdict(f), "ratios": f.ratios()} for f in figures], indent=1) + "\n")
        return
    table = Table(
        "what",
        "ours",
        "beside",
        "ratio",
        "aim",
        title="Ratios within one run; bare numbers depend on the machine",
    )
    for figure in figures:
        (_, ours), *peers = figure.values.items()
        ratios = figure.ratios()
        beside = "\n".join(f"{name}: {value:,.1f} {figure.unit}" for name, value in peers)
        table.add_row(
            figure.name,
            f"{ours:,.1f} {figure.unit}",
            beside,
            "\n".join(f"{ratio:.2f}" for ratio in ratios.values()),
            figure.aim,
        )
    Console(width=140).print(table)
