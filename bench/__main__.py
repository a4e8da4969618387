"""`python -m bench [NAME ...]`: measures what is named, or all, on a system of its own; prints ratios."""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import relay, scoring
from bench.measure import Figure, report
from chassis.catalogue import Catalogue, Registry, ensure_topics, register_schemas
from deploy.local import infra as local
from deploy.local.infra import Infra

SUITES: dict[str, Callable[[Infra], Figure | list[Figure]]] = {
    "relay": relay.measure,
    "scoring": scoring.measure,
}


def main(names: list[str]) -> None:
    """Starts Kafka, registry and PostgreSQL in a folder of their own and measures."""
    with tempfile.TemporaryDirectory(prefix="bench") as home:
        infra = local.start(Path(home))
        assert infra.kafka is not None
        assert infra.registry is not None
        try:
            catalogue = Catalogue.load()
            ensure_topics(catalogue, infra.kafka.bootstrap)
            with Registry(infra.registry.url) as registry:
                register_schemas(catalogue, registry)
            report(list(figures(infra, names or list(SUITES))))
        finally:
            infra.stop()


def figures(infra: Infra, names: list[str]) -> list[Figure]:
    """Every figure of the named suites."""
    found: list[Figure] = []
    for name in names:
        measured = SUITES[name](infra)
        found.extend(measured if isinstance(measured, list) else [measured])
    return found


if __name__ == "__main__":
    main(sys.argv[1:])
