"""What the processes of a running system take: processor time, at rest and at work, and memory."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil

from bench.measure import Figure
from deploy.local.system import System


def processes(system: System) -> dict[str, psutil.Process]:
    """Everything that runs, ours and the infrastructure, by name."""
    infra = [*system.kafka.processes, system.postgres.process, system.registry.process]
    all_of_it = [*(program.process for program in system.programs()), *infra]
    found = {process.name: process.running() for process in all_of_it}
    return {name: process for name, process in found.items() if process is not None}


@contextmanager
def cores(system: System, when: str, figures: list[Figure]) -> Iterator[None]:
    """Adds which share of a core each process took during the block, and all together."""
    running = processes(system)
    before, began = {name: seconds(one) for name, one in running.items()}, time.monotonic()
    yield
    wall = time.monotonic() - began
    shares = {name: 100 * (seconds(one) - before[name]) / wall for name, one in running.items()}
    shares["all"] = sum(shares.values())
    figures += [
        Figure(f"processor of {name} {when}", "% of a core", {name: share}) for name, share in shares.items()
    ]


def seconds(process: psutil.Process) -> float:
    """Processor time of a process and its children."""
    spent = 0.0
    for one in [process, *process.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):  # a PostgreSQL session may just have ended
            times = one.cpu_times()
            spent += times.user + times.system
    return spent


def memory(system: System) -> list[Figure]:
    """Resident memory of each of our processes."""
    ours = {program.name for program in system.programs()}
    return [
        Figure(f"memory of {name}", "MB resident", {name: process.memory_info().rss / 1e6})
        for name, process in processes(system).items()
        if name in ours
    ]
