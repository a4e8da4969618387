"""Of the leads with one e-mail address one gets what the person behind it does (F73)."""

from collections.abc import Collection, Mapping
from functools import cache
from uuid import UUID

from sqlalchemy import TextClause, text

from chassis.db import UnitOfWork
from services.engagement.commands.people import Face, People
from services.engagement.commands.receive import email_id, joined_waiting, publish


def choose(uow: UnitOfWork, hashes: Collection[str]) -> None:
    """Gives the people with these addresses their leads; what waited for those joins them.

    The locks come first, then the look at the leads. Few statements however many addresses.
    """
    if not hashes:
        return
    people = People.locked(uow, [[email_id(hash)] for hash in sorted(hashes)])
    faces = {hash: people.face(email_id(hash).hash) for hash in sorted(hashes)}
    heirs, addresses = _look(uow, faces)
    holders = people.holders(email_id(address) for address in addresses.values())
    for hash, person in faces.items():
        heir, address = heirs.get(hash), addresses.get(person.lead, hash)
        if heir is None or heir == person.lead:
            continue
        if address != hash and holders.get(email_id(address).hash) == person.id:
            continue  # a person keeps an open lead that they have by another address
        person.lead, person.dirty = heir, True
    publish(uow, joined_waiting(uow, people.save()))


def _look(uow: UnitOfWork, faces: Mapping[str, Face]) -> tuple[dict[str, UUID], dict[UUID | None, str]]:
    """The oldest open lead of each address; and the addresses of these and of the people's open leads."""
    current = [person.lead for person in faces.values() if person.lead]
    asked = {"tenant": uow.tenant, "hashes": list(faces), "current": current}
    rows = uow.session.execute(_open_leads(), asked).all()
    return {row.hash: row.lead_id for row in rows if row.oldest}, {row.lead_id: row.hash for row in rows}


@cache
def _open_leads() -> TextClause:
    return text(
        """
        SELECT told.hash, lead_id, true AS oldest FROM unnest(CAST(:hashes AS text[])) AS told(hash)
        CROSS JOIN LATERAL (
            SELECT lead_id FROM lead_emails WHERE tenant_id = :tenant AND email_hash = told.hash AND open
            ORDER BY created_at, lead_id LIMIT 1
        ) AS first
        UNION ALL
        SELECT email_hash, lead_id, false FROM lead_emails
        WHERE tenant_id = :tenant AND lead_id = ANY(CAST(:current AS uuid[]))
            AND open AND email_hash IS NOT NULL
        """
    )
