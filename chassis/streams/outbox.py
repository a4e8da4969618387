"""What a group sends before its states are written: outputs of the steps and dead letters."""

from typing import NamedTuple

from chassis.avro import Codec
from chassis.catalogue import Catalogue
from chassis.streams.contract import Headers, Raw, Record, new

ORIGIN_TOPIC = "x-origin-topic"
ORIGIN_PARTITION = "x-origin-partition"
ORIGIN_OFFSET = "x-origin-offset"
CAUSE = "x-cause"
DETAIL = "x-detail"
DETAIL_KEPT = 300
VERSION = ("ce_specversion", "1.0")
OWN_HEADERS = frozenset({ORIGIN_TOPIC, ORIGIN_PARTITION, ORIGIN_OFFSET, CAUSE, DETAIL})


class Outgoing(NamedTuple):
    """A record on its way out."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: Headers


class GroupOutputs:
    """`Outputs` of the contract for one partition; all partitions of a group share `sent`."""

    def __init__(
        self, codec: Codec, catalogue: Catalogue, source: str, partition: int, sent: list[Outgoing]
    ) -> None:
        self._encode = codec.encode
        self._catalogue = catalogue
        self._source = ("ce_source", source)
        self._partition = partition
        self._types: dict[tuple[str, str], tuple[str, str]] = {}
        self.sent = sent

    def send(self, topic: str, key: bytes, type: str, record: Record, id: str) -> None:
        """See `Outputs`. Each header costs a microsecond: only the four that CloudEvents requires."""
        value = self._encode(topic, type, record)
        named = self._types.get((topic, type)) or self._name(topic, type)
        headers = [("ce_id", id), self._source, named, VERSION]
        self.sent.append(new(Outgoing, (topic, self._partition, key, value, headers)))

    def _name(self, topic: str, type: str) -> tuple[str, str]:
        named = self._types[topic, type] = ("ce_type", self._catalogue.full_name(topic, type))
        return named


def dead_letter(topic: str, raw: Raw, origin: tuple[str, int, int], cause: str, detail: str) -> Outgoing:
    """A record that cannot be applied, as it came, with where it came from and why it is here."""
    kept = [pair for pair in raw.headers() or [] if pair[0] not in OWN_HEADERS]
    first_topic, first_partition, first_offset = origin
    about: list[tuple[str, bytes | str | None]] = [
        (ORIGIN_TOPIC, first_topic),
        (ORIGIN_PARTITION, str(first_partition)),
        (ORIGIN_OFFSET, str(first_offset)),
        (CAUSE, cause),
        (DETAIL, detail[:DETAIL_KEPT]),
    ]
    return Outgoing(topic, raw.partition, raw.key, raw.value, [*kept, *about])


def origin_of(raw: Raw) -> tuple[str, int, int]:
    """Where a repaired record first came from; raises `ValueError` where it does not say so."""
    said = {name: value for name, value in raw.headers() or [] if name in OWN_HEADERS}
    topic = said.get(ORIGIN_TOPIC)
    if not topic:
        raise ValueError(f"no {ORIGIN_TOPIC} header")
    offset = _text(said.get(ORIGIN_OFFSET) or "-1")
    return _text(topic), raw.partition, int(offset)


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
