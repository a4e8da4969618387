"""What a stream processor is made of: the interfaces between the engine and a pure part.

A service writes a `Fold` in its `processors.py`; everything else here is given to it by the engine.
No Kafka, no Faust, no clock and no I/O: a fold is a pure function of what it is handed.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

S = TypeVar("S")

new = tuple.__new__
"""Makes a named tuple in a third of the time of its constructor: `new(Raw, (topic, partition, ...))`."""

Record = dict[str, Any]
"""A decoded record: field name to value, as its Avro schema says."""

Bytes = bytes | None
Headers = Sequence[tuple[str, bytes | str | None]]

RESERVED = b"\x00"
"""Keys of a store that begin so belong to no subject: a fold keeps broadcast records (rules) under them."""

INTERNAL = b"\x00\x00"
"""Keys that begin so are the engine's own; a fold must not use them and never sees them."""


class Message(NamedTuple):
    """One decoded record of an input."""

    topic: str
    """Topic that it was written to; for a repaired record the one that it first came on."""
    partition: int
    offset: int
    """Its offset in `topic`."""
    key: bytes
    """`tenant:aggregate-id`, the same tenant as in the record (checked by the engine)."""
    type: str
    """Name of the record: `LeadCreated`."""
    record: Record
    repaired: bool
    """True: it comes back by the repair topic, later than its neighbours: treat it as late evidence."""

    @property
    def id(self) -> str:
        """Id of the event, constant over every resend."""
        return str(self.record["event_id"])


class Store(Protocol[S]):
    """The states of one partition. A state is a value: put a new one, never change what `get` returned.

    What a step puts counts only when the step returns; a step that raises has put nothing.
    """

    epoch: int
    """Changelog offset of this member's claim: greater than that of every member before it."""
    now: int
    """Latest tick time that this partition has seen, milliseconds; 0 before the first."""

    def get(self, key: bytes) -> S | None:
        """The state of a key, None where there is none."""

    def put(self, key: bytes, state: S) -> None:
        """Replaces the state of a key; its next timer is `Fold.due(state)`."""

    def delete(self, key: bytes) -> None:
        """Forgets a key and its timer."""

    def keys(self, prefix: bytes, after: bytes = b"", limit: int | None = None) -> list[bytes]:
        """Keys that begin with the prefix and are greater than `after`, ascending, at most `limit`.

        Scans the partition: for rare work (rules published), not for every record.
        """

    def wake(self, key: bytes) -> None:
        """Asks for `timer(key, now)` in the next group, whatever is due.

        So work over many keys is done in pieces: do a thousand, remember where, wake again. Not
        remembered over a crash: also let `due(state)` be at or before now until the work is done.
        """


class Outputs(Protocol):
    """What a step sends: it leaves once the step has returned and before any state is written."""

    def send(self, topic: str, key: bytes, type: str, record: Record, id: str) -> None:
        """Sends a record to the partition number that is being folded, with `id` as ce_id.

        Raises `ValueError` (which parks the key) when the record does not fit its schema. Does not block.
        """


class Fold(Protocol[S]):
    """A pure part and its topics. Deterministic: a step that raises would always raise, so it parks its key.

    A parked key's later records go to the dead letters too, until a record of the key comes back on `repair`.
    Records may arrive again after a crash, in another interleaving of the inputs: the end state must be a
    function of the set of records, and outputs need ids made of their cause or (epoch, sequence).
    """

    @property
    def name(self) -> str:
        """Names the consumer group: `leads.scoring`."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Topics of facts, co-partitioned; without ticks and repair."""

    @property
    def changelog(self) -> str:
        """Compacted topic that keeps states and positions."""

    @property
    def repair(self) -> str:
        """Topic on which dead letters come back."""

    @property
    def dead_letter(self) -> str:
        """Topic that takes records that cannot be applied."""

    @property
    def ticks(self) -> str | None:
        """Topic of `Tick` records; None for a fold without timers."""

    @property
    def outputs(self) -> tuple[str, ...]:
        """Topics that it sends to."""

    @property
    def source(self) -> str:
        """ce_source of its outputs: `/leads/scoring`."""

    def apply(self, message: Message, store: Store[S], out: Outputs) -> None:
        """Folds one record. A record for every partition (rules) comes once in each of them."""

    def timer(self, key: bytes, now: int, store: Store[S], out: Outputs) -> None:
        """Called when `due(state)` <= now, in due order. `now` is the tick's time, not the due time.

        Must move the key's due time beyond, or put another state (work in pieces): else the key parks.
        """

    def pack(self, state: S) -> bytes:
        """Bytes of a state (msgpack with a leading format version); called once per changed key and group."""

    def unpack(self, raw: bytes) -> S:
        """The state again, also from every older format."""

    def due(self, state: S) -> int | None:
        """When its next timer fires, milliseconds; None for never."""


class Raw(NamedTuple):
    """A record as a host reads it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Callable[[], Headers | None]
    """Read on demand: most records never need theirs."""


Positions = Mapping[str, int]
"""Topic to next offset to read, of one partition."""
