"""A loss: what a reader can never read any more, because its topic was cut or made again (F30, F34)."""

from dataclasses import dataclass
from typing import Protocol


class Bounds(Protocol):
    """`chassis.streams.wire.Wire`, as far as losses go."""

    def bounds(self, topic: str, partition: int) -> tuple[int, int]:
        """First offset that exists and the next one to be written."""


@dataclass(frozen=True)
class Loss:
    """One partition that a reader cannot go on in. Accepted, it is read again from `first`."""

    reader: str
    topic: str
    partition: int
    position: int
    """Where the reader would go on."""
    first: int
    end: int
    recreated: bool

    def __str__(self) -> str:
        """What a person has to know."""
        place = f"{self.reader}: {self.topic}[{self.partition}], position {self.position}"
        if self.recreated:
            return f"{place}: the topic was made again; what came after it in the old one is lost"
        if self.position < self.first:
            return f"{place}: {self.first - self.position} records are lost, the first now is {self.first}"
        return f"{place}: the topic ends at {self.end}; it was cut, and what it has is read again"


def loss_at(
    wire: Bounds, reader: str, place: tuple[str, int], stored: tuple[int, str], id: str
) -> Loss | None:
    """The loss of a reader at a place, if there is one: `stored` is its position with the topic's id then."""
    position, known = stored
    first, end = wire.bounds(*place)
    if known == id and first <= position <= end:
        return None
    return Loss(reader, *place, position, first, end, recreated=known != id)
