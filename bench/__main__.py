"""`python -m bench [NAME ...]`: measures what is named, or all, on a system of its own; prints ratios."""

import sys
import time
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench import conversions, crowd, imports, ingestion, latency, memory, relay, scoring
from bench.measure import Figure, report
from chassis.catalogue import Catalogue, Registry, ensure_topics, register_schemas
from deploy.local import infra as local
from deploy.local.infra import Infra
from deploy.local.leash import leash

Measure = Callable[[Path], list[Figure]]
"""Measures in a folder of its own."""


def on_infra(measure: Callable[[Infra], list[Figure]], home: Path) -> list[Figure]:
    """Measures beside a Kafka, a registry and a PostgreSQL of its own, which have our topics and schemas."""
    infra = local.start(home)
    assert infra.kafka is not None
    assert infra.registry is not None
    try:
        catalogue = Catalogue.load()
        ensure_topics(catalogue, infra.kafka.bootstrap)
        with Registry(infra.registry.url) as registry:
            register_schemas(catalogue, registry)
        return measure(infra)
    finally:
        infra.stop()


SUITES: dict[str, Measure] = {
    "ingestion": partial(on_infra, ingestion.measure),
    "relay": partial(on_infra, relay.measure),
    "scoring": partial(on_infra, scoring.measure),
    "imports": imports.measure,
    "latency": latency.measure,
    "create": partial(on_infra, crowd.create),
    "search": partial(on_infra, crowd.search),
    "conversions": conversions.measure,
    "memory": memory.measure,
}


def main(names: list[str]) -> int:
    """Measures and reports; 0, or 1 when a suite failed, 2 when there is none of a name."""
    if unknown := [name for name in names if name not in SUITES]:
        say(f"There is no suite {', '.join(unknown)}; there are {', '.join(SUITES)}.")
        return 2
    measured = {name: attempt(name) for name in names or SUITES}
    report([figure for figures in measured.values() for figure in figures or []])
    failed = [name for name, figures in measured.items() if figures is None]
    if failed:
        say(f"Failed: {', '.join(failed)}.")
    return 1 if failed else 0


def attempt(name: str) -> list[Figure] | None:
    """What the suite measured; None, and why on the error output, when it failed."""
    say(f"{name} ...")
    began = time.monotonic()
    try:
        with leash(f"bench-{name}-") as home:
            figures = SUITES[name](home)
    except Exception:  # one suite's end is not the others'
        say(f"{name} failed:\n{traceback.format_exc()}")
        return None
    say(f"{name} measured in {time.monotonic() - began:.0f} s")
    return figures


def say(line: str) -> None:
    """Tells people how it goes, beside the figures."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
