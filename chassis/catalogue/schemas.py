"""Schemas to the registry and their ids back."""

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path

from chassis.catalogue.contract import Catalogue, Record, Topic
from chassis.catalogue.registry import NotFound, Registry, RegistryUnavailable

PATIENCE_SECONDS = 60.0

Ids = Mapping[str, tuple[int, ...]]
"""Subject to the ids of its versions, from version 1 up."""


def register_schemas(catalogue: Catalogue, registry: Registry) -> dict[str, tuple[int, ...]]:
    """Registers every version of every record under its subjects, oldest first, and says the ids.

    Raises Incompatible when the registry's gate (FULL_TRANSITIVE) refuses one: nothing may be deployed
    then (F11). Waits a minute for a registry that is just starting. Repeating it changes nothing.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return {t.subject(record): _registered(registry, t, record) for t, record in catalogue.subjects()}
        except RegistryUnavailable:
            if time.monotonic() > until:
                raise
            time.sleep(1)


def _registered(registry: Registry, topic: Topic, record: Record) -> tuple[int, ...]:
    subject = topic.subject(record)
    first = registry.register(subject, record.versions[0])
    registry.require_compatibility(subject)
    return (first, *(registry.register(subject, schema) for schema in record.versions[1:]))


def look_up_ids(
    catalogue: Catalogue, registry: Registry, cache: Path | None = None
) -> dict[str, tuple[int, ...]]:
    """Ids of every packaged schema. Raises NotFound for one that was not registered, RegistryUnavailable.

    While the registry is away a cache file that was kept of exactly these schemas answers (F12). Blocks.
    """
    try:
        ids = {
            topic.subject(record): _found(registry, topic, record) for topic, record in catalogue.subjects()
        }
    except RegistryUnavailable:
        if not (cache and (known := _cached(cache, catalogue))):
            raise
        return known
    if cache:
        _keep(cache, catalogue, ids)
    return ids


def _found(registry: Registry, topic: Topic, record: Record) -> tuple[int, ...]:
    subject = topic.subject(record)
    try:
        return tuple(registry.find(subject, schema) for schema in record.versions)
    except NotFound:
        raise NotFound(f"{subject} is not in the registry; run: python -m chassis.catalogue apply") from None


def _schemas(catalogue: Catalogue) -> dict[str, list[object]]:
    return {topic.subject(record): list(record.versions) for topic, record in catalogue.subjects()}


def _cached(cache: Path, catalogue: Catalogue) -> dict[str, tuple[int, ...]]:
    try:
        stored = json.loads(cache.read_text())
    except (OSError, ValueError):
        return {}
    if stored.get("schemas") != _schemas(catalogue):
        return {}
    return {subject: tuple(ids) for subject, ids in stored["ids"].items()}


def _keep(cache: Path, catalogue: Catalogue, ids: Ids) -> None:
    """Written beside and moved, so that a reader never sees half a file."""
    cache.parent.mkdir(parents=True, exist_ok=True)
    beside = cache.with_suffix(f".{os.getpid()}")
    beside.write_text(json.dumps({"schemas": _schemas(catalogue), "ids": ids}))
    beside.replace(cache)
