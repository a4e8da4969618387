"""The log of a lead's life as it was written when every record had one version, kept as bytes (G15).

`life.v1.jsonl` was written once by `write.py` and is never written anew: it stands for the logs that are out
there. A line is a record: topic, type, key, headers, and the Avro body in base64, without the five bytes of
the frame, for those name a registry.
"""

import base64
import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from chassis.catalogue import Catalogue
from chassis.consumer.records import RawRecord
from chassis.testing import numbered

LOG = Path(__file__).with_name("life.v1.jsonl")


class Kept(NamedTuple):
    """A record of the log."""

    topic: str
    type: str
    key: str
    headers: dict[str, str]
    body: bytes

    def line(self) -> str:
        """As a line of the file."""
        return json.dumps({**self._asdict(), "body": base64.b64encode(self.body).decode()})

    @classmethod
    def read(cls, line: str) -> "Kept":
        """The record of a line."""
        said = json.loads(line)
        return cls(**{**said, "body": base64.b64decode(said["body"])})


def raw_records(catalogue: Catalogue, topics: set[str]) -> Iterator[RawRecord]:
    """The log's records of some topics as a reader gets them, in the numbering of `packaged_codec`."""
    ids = numbered(catalogue)
    kept = [Kept.read(line) for line in LOG.read_text().splitlines()]
    first = {(t.name, r.name): ids[t.subject(r)][0] for t, r in catalogue.subjects()}
    ends = dict.fromkeys(topics, 0)
    for one in kept:
        if one.topic in topics:
            value = struct.pack(">BI", 0, first[one.topic, one.type]) + one.body
            headers = [(name, text.encode()) for name, text in one.headers.items()]
            yield RawRecord(one.topic, 0, ends[one.topic], one.key.encode(), value, headers, -1)
            ends[one.topic] += 1
