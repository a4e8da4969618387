"""A member of a fold's group over the log in memory: what a host does, call by call."""

from collections.abc import Callable, Set
from typing import Any

from chassis.avro import Codec
from chassis.streams.contract import Headers, Raw
from chassis.streams.engine import Engine
from chassis.streams.memory import MemoryLog, MemoryWire
from chassis.streams.pulse import Pulse
from tests.chassis.streams.sums import (
    DEAD,
    PAID,
    REPAIR,
    TICK,
    TOTAL,
    Account,
    Sums,
    catalogue,
    moved,
    offline_codec,
)


class Member:
    """Owns partition 0 until it is told otherwise."""

    def __init__(self, world: "World", accepted: Set[str] = frozenset(), **wire: Any) -> None:
        self.wire = MemoryWire(world.log, **wire)
        self.engine: Engine[Account] = Engine(
            Sums(), world.codec, world.catalogue, self.wire, Pulse(session_timeout=10)
        )
        self.engine.accepted = accepted
        self.world = world
        self.start = self.engine.assign([0])[0]

    def chunk(self, *topics: str) -> list[Raw]:
        """All that lies beyond the positions at which it was assigned."""
        return [
            r for t in topics or self.engine.topics for r in self.world.log.raws(t, 0, self.start.get(t, 0))
        ]

    def catch_up(self, *topics: str) -> None:
        """Folds everything there is, and what that leads to."""
        self.engine.process(self.chunk(*topics))
        while self.engine.more:
            self.engine.process([])

    def fold_on(self, pieces: int) -> None:
        """Folds what is there from its own positions on, in so many groups."""
        for topic in self.engine.topics:
            raws = self.world.log.raws(topic, 0, self.engine.next(0)[topic])
            size = max(1, len(raws) // pieces)
            for at in range(0, len(raws), size):
                self.engine.process(raws[at : at + size])


class World:
    """Topics in memory and what a test writes into them and reads from them."""

    def __init__(self) -> None:
        self.log = MemoryLog(partitions=1)
        self.catalogue = catalogue()
        self.codec: Codec = offline_codec(self.catalogue)

    def move(self, key: bytes, n: int, amount: int, topic: str = PAID, **more: Any) -> int:
        """Writes a movement; its offset."""
        value = self.codec.encode(topic, "Moved", moved(n, amount, id=f"{topic}/{key!r}/{n}", **more))
        return self.log.append(topic, 0, key, value)

    def tick(self, time: int, **ends: int) -> int:
        """Writes a tick that says how far its writer saw the inputs (`paid=3`)."""
        seen = {f"sums.{name}": end for name, end in ends.items()}
        value = self.codec.encode(TICK, "Tick", {"time": time, "offset": 0, "ends": seen})
        return self.log.append(TICK, 0, b"clock", value)

    def member(self, accepted: Set[str] = frozenset(), **wire: Any) -> Member:
        """A new member, which takes the partition over."""
        return Member(self, accepted, **wire)

    def totals(self) -> list[dict[str, Any]]:
        """Everything that was sent."""
        return [self.codec.decode(TOTAL, kept.value)[1] for kept in self.log.records[TOTAL, 0]]

    def dead(self) -> list[dict[str, str]]:
        """Headers of the dead letters."""
        return [text(kept.headers) for kept in self.log.records[DEAD, 0]]

    def send_back(self, index: int, change: Callable[[bytes], bytes] = bytes) -> None:
        """Writes a dead letter to the repair topic, as the replay does."""
        kept = self.log.records[DEAD, 0][index]
        self.log.append(REPAIR, 0, kept.key, change(kept.value or b""), kept.headers)

    def state(self, key: bytes) -> Account | None:
        """What a new member finds in the changelog."""
        engine = self.member().engine
        return engine.state(key, 0)


def text(headers: Headers | None) -> dict[str, str]:
    """Headers by name."""
    return {
        name: value if isinstance(value, str) else (value or b"").decode() for name, value in headers or []
    }
