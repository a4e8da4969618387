"""An event is kept once, under its person; a lead's engagement is told to the world, a stranger's waits."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text

from chassis.clock import from_millis
from chassis.db import UnitOfWork, insert_fresh
from services.engagement.commands.people import Face, Id, People
from services.engagement.commands.rejections import store_rejected
from services.engagement.domain import identity_of, once_key, path_of
from services.engagement.events import ENGAGING, Recorded, recorded
from services.engagement.intake import REJECTED, EmailHash, identifier
from services.engagement.models import StoredEvent

TOLD = tuple(Recorded.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class _Arrival:
    """A received event, read for what the database wants to know of it."""

    record: Mapping[str, Any]
    ids: Sequence[Id]
    path: str | None
    once_key: int | None


def receive(uow: UnitOfWork, records: Sequence[Mapping[str, Any]], email_hash: EmailHash) -> None:
    """Stores events of EngagementReceived that are not yet there (F69) and tells those of leads (F73).

    What the front door rejected is kept by itself.
    """
    for record in records:
        if record["type"] == REJECTED:
            store_rejected(uow, record)
    if taken := [record for record in records if record["type"] != REJECTED]:
        _receive(uow, taken, email_hash)


def _receive(uow: UnitOfWork, records: Sequence[Mapping[str, Any]], email_hash: EmailHash) -> None:
    arrivals = [_arrival(uow.tenant, record, email_hash) for record in records]
    people = People.locked(uow, [arrival.ids for arrival in arrivals])
    for arrival in arrivals:
        people.joined(arrival.ids)
    changed = people.save()
    faces = [people.face(arrival.ids[0].hash) for arrival in arrivals]
    new = _store(uow, arrivals, faces)
    publish(uow, [*new, *joined_waiting(uow, changed)])


def _arrival(tenant: UUID, record: Mapping[str, Any], email_hash: EmailHash) -> _Arrival:
    event, kind = json.loads(record["payload"]), record["kind"]
    ids = _ids(tenant, UUID(record["source_id"]), event, kind, email_hash)
    return _Arrival(record, ids, path_of(event), once_key(kind, event.get("properties") or {}))


def _ids(tenant: UUID, source: UUID, event: Mapping[str, Any], kind: str, email_hash: EmailHash) -> list[Id]:
    """Strongest first. The former id of an alias may have been a user's or a browser's."""
    ids: list[Id] = []
    for what, value in identity_of(event, kind).strongest_first():
        if what == "email":
            ids.append(email_id(email_hash(tenant, value)))
        elif what == "previous":
            ids += [Id("alias", identifier(each, source, value)) for each in ("user", "anonymous")]
        else:
            ids.append(Id(what, identifier(what, source, value)))
    return ids


def email_id(hash: str) -> Id:
    """The identifier of an e-mail address, by its keyed hash. The same for every source."""
    return Id("email", f"email:{hash}")


def _store(uow: UnitOfWork, arrivals: Sequence[_Arrival], faces: Sequence[Face]) -> list[Recorded]:
    """Inserts what was not there; returns the new events that have a lead."""
    rows = [_row(uow, arrival, face) for arrival, face in zip(arrivals, faces, strict=True)]
    fresh = insert_fresh(uow.session, StoredEvent, rows, *TOLD)
    return [Recorded(*row) for row in fresh if row.lead_id is not None]


def _row(uow: UnitOfWork, arrival: _Arrival, face: Face) -> dict[str, Any]:
    record = arrival.record
    plain = ("source_id", "message_id", "type", "kind", "payload")
    return {
        "tenant_id": uow.tenant,
        "id": record["event_id"],
        "person_id": face.id,
        "lead_id": face.lead,
        "path": arrival.path,
        "once_key": arrival.once_key,
        **{name: record[name] for name in plain},
        **{name: from_millis(record[name]) for name in ("occurred_at", "received_at")},
    }


def joined_waiting(uow: UnitOfWork, changed: Iterable[Face]) -> list[Recorded]:
    """Moves the waiting events of people who were joined or became leads; returns those that have a lead."""
    moves = [
        (old, face) for face in changed for old in (face.id, *face.absorbed) if face.lead or old != face.id
    ]
    if not moves:
        return []
    rows = uow.session.execute(
        _move(),
        {
            "tenant": uow.tenant,
            "from": [old for old, _ in moves],
            "to": [face.id for _, face in moves],
            "lead": [face.lead for _, face in moves],
        },
    )
    return [Recorded(*row) for row in rows if row.lead_id is not None]


def publish(uow: UnitOfWork, found: Iterable[Recorded]) -> None:
    """Tells leads' engagement in the order in which it happened."""
    for event in sorted(found, key=lambda event: (event.occurred_at, event.id)):
        if event.type in ENGAGING:
            uow.publish(recorded(uow.tenant, event))


@cache
def _move() -> TextClause:
    return text(
        f"""
        UPDATE events e SET person_id = row.to_id, lead_id = row.lead
        FROM unnest(CAST(:from AS uuid[]), CAST(:to AS uuid[]), CAST(:lead AS uuid[]))
            AS row(from_id, to_id, lead)
        WHERE e.tenant_id = :tenant AND e.person_id = row.from_id AND e.lead_id IS NULL
        RETURNING {", ".join(f"e.{column}" for column in TOLD)}
        """  # noqa: S608 - names from the code
    )
