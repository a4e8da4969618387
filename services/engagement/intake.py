"""From a sender's events to records of engagement.received: taken or put aside, and under which id.

Needs no database, so that the front door stays open while it is away.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any, Literal, Protocol
from uuid import UUID

import orjson

from chassis.ids import derived_id, new_id
from services.engagement.domain import (
    LARGEST_EVENT,
    Engagement,
    Identity,
    InvalidEvent,
    Kinds,
    from_own,
    own_pointer,
    read_event,
)

REJECTED = "rejected"
"""Type of a record that carries an event which cannot be taken, on its way to the rejected ones."""


Shape = Literal["segment", "own", "avro"]
"""How a rejected event is written: Segment's JSON, ours, or bytes that were not even Avro."""


class EmailHash(Protocol):
    """`chassis.pii.Vault.email_hash`"""

    def __call__(self, tenant: UUID, email: str, /) -> str:
        """Keyed hash of an address of the tenant."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one event. `record` is for engagement.received, under `key`."""

    event_id: UUID
    message_id: str | None
    generated: bool
    key: str
    record: dict[str, Any]
    fault: InvalidEvent | None = None
    too_large: bool = False


@dataclass(frozen=True)
class Intake:
    """One delivery of events by one source. Times in milliseconds."""

    tenant: UUID
    source: UUID
    kinds: Kinds
    received: int
    email_hash: EmailHash
    sent: int | None = None

    @cached_property
    def _whose(self) -> tuple[str, str]:
        """Tenant and source as texts, made once for all events."""
        return str(self.tenant), str(self.source)

    def take(self, items: Sequence[object]) -> list[Outcome]:
        """Events in Segment's shape, each judged by itself."""
        return [self._judged(item, "segment") for item in items]

    def take_own(self, items: Sequence[object]) -> list[Outcome]:
        """Events in our own shape, each judged by itself."""
        return [self._judged(item, "own") for item in items]

    def _judged(self, item: object, shape: Shape) -> Outcome:
        try:
            return self.judge(item, shape)
        except InvalidEvent as fault:
            return self.reject(compact(item), fault, shape, item)

    def judge(self, item: object, shape: Shape = "segment") -> Outcome:
        """The event as one to take. Raises InvalidEvent, whose pointer is of the given shape."""
        raw = compact(item)
        if _size(raw) > LARGEST_EVENT:
            raise InvalidEvent("", f"is larger than {LARGEST_EVENT} bytes")
        if "\\u0000" in raw and (where := _nul(item)) is not None:
            raise InvalidEvent(where, "holds the character NUL")
        if shape == "segment":
            return self._accepted(raw, read_event(item, self.received, self.sent, self.kinds))
        event = from_own(item)
        try:
            seen = read_event(event, self.received, self.sent, self.kinds)
        except InvalidEvent as fault:
            raise InvalidEvent(own_pointer(fault.pointer), fault.reason) from None
        return self._accepted(compact(event), seen)

    def _accepted(self, payload: str, seen: Engagement) -> Outcome:
        message_id = seen.message_id or str(new_id())
        event_id = derived_id(*self._whose, message_id)
        key = f"{self._whose[0]}:{self._person(seen.identity)}"
        record = self._record(event_id, seen.kind, seen.type, message_id, seen.occurred_at, payload)
        return Outcome(event_id, message_id, seen.message_id is None, key, record)

    def reject(self, raw: str, fault: InvalidEvent, shape: Shape, item: object = None) -> Outcome:
        """Puts an event aside, with why. The same bytes are put aside once."""
        digest = sha256(raw.encode("utf-8", "surrogatepass")).hexdigest()
        event_id = derived_id(*self._whose, REJECTED, digest)
        cut = _size(raw) > LARGEST_EVENT
        kept = {
            "raw": raw[:LARGEST_EVENT],
            "cut": cut,
            "shape": shape,
            "sent": self.sent,
            "reason": fault.reason,
            "field": fault.pointer,
        }
        record = self._record(event_id, REJECTED, REJECTED, str(event_id), self.received, json.dumps(kept))
        return Outcome(event_id, _message_id(item), False, f"{self.tenant}:{self.source}", record, fault, cut)

    def _record(
        self, event_id: UUID, kind: str, type: str, message_id: str, occurred: int, payload: str
    ) -> dict[str, Any]:
        return {
            "event_id": str(event_id),
            "tenant_id": self._whose[0],
            "source_id": self._whose[1],
            "kind": kind,
            "type": type,
            "message_id": message_id,
            "occurred_at": occurred,
            "received_at": self.received,
            "payload": payload,
        }

    def _person(self, identity: Identity) -> str:
        """Stands for the person in keys: events under one id keep their order, and no key says who."""
        kind, value = identity.strongest_first()[0]
        text = value if kind == "email" else identifier(kind, self.source, value)
        return self.email_hash(self.tenant, text)[:32]


def identifier(kind: str, source: UUID, value: str) -> str:
    """A sender's own id as a hash; ids of different sources or kinds never meet."""
    return sha256(f"{kind}\x00{source}\x00{value}".encode()).hexdigest()


def compact(value: object) -> str:
    """JSON without blanks."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # an integer beyond 64 bits
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _size(text: str) -> int:
    """Bytes of a text; counted only where that takes counting."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _message_id(item: object) -> str | None:
    if not isinstance(item, dict):
        return None
    given = item.get("messageId", item.get("message_id"))
    return given if isinstance(given, str) else None


def _nul(item: object, pointer: str = "") -> str | None:
    """Where a NUL is in an event, if anywhere. The event was parsed, so its depth is bounded."""
    if isinstance(item, str):
        return pointer if "\x00" in item else None
    parts: list[tuple[object, object]] = []
    if isinstance(item, dict):
        parts = [(key, value) for key, value in item.items()]
        if any("\x00" in key for key in item):
            return pointer
    elif isinstance(item, list):
        parts = list(enumerate(item))
    found = (_nul(value, f"{pointer}/{name}") for name, value in parts)
    return next((where for where in found if where is not None), None)
