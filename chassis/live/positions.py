"""Positions over all partitions of some topics, and the opaque ids that carry them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from chassis.http.signing import Forged, Signer

Place = tuple[str, int]
"""Topic and partition."""

Vector = tuple[int, ...]
"""For each place, in their order, the offset of the next record."""


@dataclass(frozen=True)
class Places:
    """The partitions that a stream is made of, in a fixed order."""

    all: tuple[Place, ...]

    @classmethod
    def of(cls, partitions: Mapping[str, int]) -> "Places":
        """The places of topics, given their numbers of partitions."""
        return cls(tuple((topic, n) for topic in sorted(partitions) for n in range(partitions[topic])))

    @cached_property
    def index(self) -> dict[Place, int]:
        """Place to its index in a vector."""
        return {place: index for index, place in enumerate(self.all)}


class Stamps:
    """Turns vectors into event ids of a tenant and back."""

    def __init__(self, signer: Signer, places: Places) -> None:
        self._signer = signer
        self._size = len(places.all)
        self._places = ",".join(f"{topic}:{partition}" for topic, partition in places.all)

    def write(self, vector: Sequence[int], tenant: object) -> str:
        """The id of a position."""
        return self._signer.sign(list(vector), f"{tenant}|{self._places}")

    def read(self, text: str, tenant: object) -> Vector | None:
        """The position of an id; None for one that we did not give to this tenant for these topics."""
        try:
            vector = self._signer.read(text, f"{tenant}|{self._places}")
        except Forged:
            return None
        return tuple(vector) if len(vector) == self._size else None
