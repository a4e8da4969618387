"""Events that could not be taken: kept as they came with the reason, fixed, and sent in again (F71)."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from chassis.clock import from_millis, millis
from chassis.db import UnitOfWork
from services.engagement import events
from services.engagement.domain import AlreadyReplayed, InvalidEvent, Kinds, UnknownRejection, UnknownSource
from services.engagement.intake import EmailHash, Intake, Outcome, Shape
from services.engagement.models import RejectedEvent, Source


def store_rejected(uow: UnitOfWork, record: Mapping[str, Any], raw: bytes | None = None) -> None:
    """Keeps an event that the intake rejected, once, and tells it without its content.

    `raw` are bytes that were no text; else the text travels in the record.
    """
    kept = json.loads(record["payload"])
    rejected_at = record["received_at"]
    stored = uow.session.execute(
        insert(RejectedEvent)
        .values(
            tenant_id=uow.tenant,
            id=UUID(record["event_id"]),
            source_id=UUID(record["source_id"]),
            reason=kept["reason"],
            field=kept["field"],
            raw=raw if raw is not None else kept["raw"].encode("utf-8", "surrogatepass"),
            cut=kept["cut"],
            shape=kept["shape"],
            sent=kept["sent"],
            rejected_at=from_millis(rejected_at),
            state="open",
        )
        .on_conflict_do_nothing()
        .returning(RejectedEvent.id)
    ).scalar()
    if stored is not None:
        fact = {"reason": kept["reason"], "field": kept["field"], "occurred_at": rejected_at}
        plain = {name: record[name] for name in ("event_id", "tenant_id", "source_id")}
        uow.publish(events.rejected(uow.tenant, plain | fact))


def replay(uow: UnitOfWork, id: UUID, payload: object | None, email_hash: EmailHash) -> RejectedEvent:
    """Sends a rejected event in again, as it came or fixed, as of when it first came.

    Raises UnknownRejection, AlreadyReplayed, or InvalidEvent where it still cannot be taken.
    """
    row = uow.session.scalar(select(RejectedEvent).where(RejectedEvent.id == id).with_for_update())
    if row is None:
        raise UnknownRejection(str(id))
    if row.state == "replayed":
        raise AlreadyReplayed("This event was replayed before.")
    outcome = _judged(uow, row, payload, email_hash)
    uow.publish(events.received(outcome.key, outcome.record))
    row.state, row.replayed_at, row.replayed_by = "replayed", uow.now, uow.actor
    row.replayed_as = outcome.event_id
    return row


def _judged(uow: UnitOfWork, row: RejectedEvent, payload: object | None, email_hash: EmailHash) -> Outcome:
    source = uow.session.get(Source, (uow.tenant, row.source_id))
    if source is None:
        raise UnknownSource(str(row.source_id))
    kinds = Kinds(source.event_kinds, source.page_kinds)
    intake = Intake(uow.tenant, source.id, kinds, millis(row.rejected_at), email_hash, row.sent)
    shape: Shape = "segment" if row.shape == "segment" else "own"
    return intake.judge(payload if payload is not None else _as_it_came(row), shape)


def _as_it_came(row: RejectedEvent) -> object:
    if row.shape == "avro" or row.cut:
        raise InvalidEvent("", "cannot be sent as it came: give a payload")
    return json.loads(row.raw)
