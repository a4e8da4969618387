"""topics.yaml and the record files as objects. Reads files only: no broker, no registry."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import yaml

ROOT = Path(__file__).parents[2] / "schemas"
RETENTION = re.compile(r"(\d+)([hd])")
HOUR = 3_600_000

Schema = dict[str, Any]


class ContractError(ValueError):
    """A file of the contract says something that cannot be."""


@dataclass(frozen=True)
class Record:
    """One record of the contract, over all its versions."""

    path: str
    """Folder and file without version: `leads/lead_created`."""
    versions: tuple[Schema, ...]
    """Schemas from version 1 up."""

    @property
    def newest(self) -> Schema:
        """The schema that is written, and that every older one is read as."""
        return self.versions[-1]

    @property
    def name(self) -> str:
        """`LeadCreated`"""
        return str(self.newest["name"])

    @property
    def full_name(self) -> str:
        """`salescompass.leads.LeadCreated`, the same in every version."""
        return f"{self.newest['namespace']}.{self.name}"


@dataclass(frozen=True)
class Topic:
    """One topic of the contract."""

    name: str
    owner: str
    readers: tuple[str, ...]
    retention: str
    """`1h`, `7d`, `forever`, `compact` or `changelog`."""
    key: str
    records: tuple[Record, ...]
    partitions: int

    def subject(self, record: Record) -> str:
        """The registry's name for a record on this topic (TopicRecordNameStrategy)."""
        return f"{self.name}-{record.full_name}"

    @property
    def config(self) -> dict[str, str]:
        """What the broker is told of the topic; raises ContractError for a retention that is none."""
        if self.retention == "compact":
            return {"cleanup.policy": "compact", "delete.retention.ms": str(7 * 24 * HOUR)}
        if self.retention == "changelog":
            # a member that loads must still find the records that it has to pass over (ADR 2)
            return {"cleanup.policy": "compact", "min.compaction.lag.ms": str(7 * 24 * HOUR)}
        return {"cleanup.policy": "delete", "retention.ms": str(self._retention_ms())}

    def _retention_ms(self) -> int:
        if self.retention == "forever":
            return -1
        if not (match := RETENTION.fullmatch(self.retention)):
            raise ContractError(f"topics.yaml: {self.name} has the retention {self.retention!r}")
        return int(match[1]) * (HOUR if match[2] == "h" else 24 * HOUR)


@dataclass(frozen=True)
class Catalogue:
    """Every topic by name."""

    topics: dict[str, Topic]

    @classmethod
    def load(cls, root: Path = ROOT) -> Self:
        """Reads the contract of a folder. Raises ContractError for a record that is not there."""
        stated = yaml.safe_load((root / "topics.yaml").read_text())
        records = load_records(root)
        topics = {
            name: _topic(name, {"partitions": stated["partitions"], **topic}, records)
            for name, topic in stated["topics"].items()
        }
        return cls(topics)

    def topic(self, name: str) -> Topic:
        """The topic of this name; raises ContractError when the contract has none."""
        try:
            return self.topics[name]
        except KeyError:
            raise ContractError(f"topics.yaml has no topic {name!r}") from None

    def full_name(self, topic: str, type: str) -> str:
        """Full name of a record on a topic, as the header ce_type carries it; raises ContractError."""
        if (found := self._names.get((topic, type))) is None:
            raise ContractError(f"{type} is no record of {topic}")
        return found

    @cached_property
    def _names(self) -> dict[tuple[str, str], str]:
        return {(topic.name, record.name): record.full_name for topic, record in self.subjects()}

    def subjects(self) -> Iterator[tuple[Topic, Record]]:
        """Every record on every topic that carries it."""
        for topic in self.topics.values():
            for record in topic.records:
                yield topic, record


def load_records(root: Path) -> dict[str, Record]:
    """Every record file of a folder, by path without version. Raises ContractError for a version gap."""
    files: dict[str, dict[int, Schema]] = {}
    for file in sorted(root.glob("*/*.avsc")):
        name, _, version = file.stem.rpartition(".v")
        if not (name and version.isdigit()):
            raise ContractError(f"{file.name}: a record file is called <record>.v<number>.avsc")
        files.setdefault(f"{file.parent.name}/{name}", {})[int(version)] = _read(file)
    for path, versions in files.items():
        if sorted(versions) != list(range(1, len(versions) + 1)):
            raise ContractError(f"{path}: has the versions {sorted(versions)}, expected 1 to {len(versions)}")
    return {path: Record(path, tuple(v[n] for n in sorted(v))) for path, v in files.items()}


def _read(file: Path) -> Schema:
    try:
        schema: Schema = json.loads(file.read_text())
    except json.JSONDecodeError as error:
        raise ContractError(f"{file.name}: is not JSON, {error}") from error
    return schema


def _topic(name: str, stated: dict[str, Any], records: dict[str, Record]) -> Topic:
    if missing := [path for path in stated["events"] if path not in records]:
        raise ContractError(f"topics.yaml: {name} carries {missing[0]}, which has no record file")
    return Topic(
        name,
        stated["owner"],
        tuple(stated["readers"]),
        str(stated["retention"]),
        str(stated["key"]),
        tuple(records[path] for path in stated["events"]),
        int(stated["partitions"]),
    )
