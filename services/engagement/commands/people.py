"""Who is this person? Identifiers to people, locked, and joined where an event says that they are one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, TextClause, text

from chassis.db import Contended, UnitOfWork
from chassis.ids import new_id

ROUNDS = 5
"""People may be merged by others while we wait for their lock; so often we look again."""


class Id(NamedTuple):
    """An identifier of a person: kind (user, email, anonymous) and hash."""

    kind: str
    hash: str


@dataclass(slots=True)
class Face:
    """A person as this transaction holds them, locked."""

    id: UUID
    lead: UUID | None
    named: bool
    dirty: bool = False
    absorbed: list[UUID] = field(default_factory=list)


class People:
    """The people behind some identifiers, locked until the transaction ends."""

    def __init__(self, uow: UnitOfWork, roots: Mapping[str, UUID], faces: Mapping[UUID, Face]) -> None:
        self._uow = uow
        self._roots, self._faces = dict(roots), dict(faces)
        self._merged: dict[UUID, UUID] = {}

    @classmethod
    def locked(cls, uow: UnitOfWork, groups: Sequence[Sequence[Id]]) -> "People":
        """Finds or makes the people of each group of identifiers (strongest first) and locks them.

        Whoever tells of a person or of a lead passes here first, so neither can miss the other.
        """
        hashes = sorted({id.hash for group in groups for id in group})
        for _ in range(ROUNDS):
            found = _find(uow, hashes, lock=True)
            if len(found) < len(hashes):
                _make(uow, groups, {row.hash: row.root for row in found})
            elif all(row.held for row in found):
                faces = {row.root: Face(row.root, row.lead_id, row.named) for row in found}
                return cls(uow, {row.hash: row.root for row in found}, faces)
        raise Contended("the people of this batch are merged over and over")

    def face(self, hash: str) -> Face:
        """Whoever has this identifier."""
        id = self._roots[hash]
        while id in self._merged:
            id = self._merged[id]
        return self._faces[id]

    def holders(self, ids: Iterable[Id]) -> dict[str, UUID]:
        """Who has which of these identifiers, by hash; they need not be among the locked ones."""
        others = sorted({id.hash for id in ids} - self._roots.keys())
        found = _find(self._uow, others, lock=False) if others else []
        return self._roots | {row.hash: row.root for row in found}

    def joined(self, group: Sequence[Id]) -> Face:
        """The person of an event: who has its strongest identifier, joined by who has the others.

        Never joins two leads, nor, by an anonymous id alone (a shared computer), two named people: such an id
        keeps whom it had first.
        """
        main = self.face(group[0].hash)
        if not main.named and any(id.kind == "user" for id in group):
            main.named = main.dirty = True
        for id in group[1:]:
            other = self.face(id.hash)
            if other is not main and _may_join(main, other, id.kind):
                self._merge(other, main)
        return main

    def _merge(self, other: Face, main: Face) -> None:
        self._merged[other.id] = main.id
        main.absorbed += [other.id, *other.absorbed]
        main.lead = main.lead or other.lead
        main.named = main.named or other.named
        main.dirty = True

    def save(self) -> list[Face]:
        """Writes who was joined and whose lead is known now; returns those who may have waiting events."""
        changed = [face for face in self._faces.values() if face.dirty and face.id not in self._merged]
        if changed:
            self._uow.session.execute(
                _update(),
                {
                    "tenant": self._uow.tenant,
                    "ids": [face.id for face in changed],
                    "leads": [face.lead for face in changed],
                    "named": [face.named for face in changed],
                },
            )
        if self._merged:
            gone, into = list(self._merged), list(self._merged.values())
            self._uow.session.execute(_merge(), {"tenant": self._uow.tenant, "gone": gone, "into": into})
        return changed


def _may_join(main: Face, other: Face, kind: str) -> bool:
    if main.lead and other.lead and main.lead != other.lead:
        return False
    return kind != "anonymous" or not (main.named and other.named)


def _find(uow: UnitOfWork, hashes: Sequence[str], *, lock: bool) -> Sequence[Row[Any]]:
    """The people who have these identifiers; locked, if `lock` and there is somebody for each.

    Whoever is merged away or erased while we wait for the lock is not held.
    """
    asked = {"tenant": uow.tenant, "hashes": list(hashes), "all": len(hashes) if lock else None}
    return uow.session.execute(_FIND, asked).all()


def _make(uow: UnitOfWork, groups: Iterable[Sequence[Id]], roots: Mapping[str, UUID]) -> None:
    """Gives each unknown identifier a person: that of its group's strongest one, else a new one."""
    owner = dict(roots)
    made: list[UUID] = []
    for group in groups:
        if (main := owner.get(group[0].hash)) is None:
            main = new_id()
            made.append(main)
        for id in group:
            owner.setdefault(id.hash, main)
    fresh = sorted(hash for hash in owner if hash not in roots)
    everyone = {"tenant": uow.tenant, "now": uow.now, "people": made}
    uow.session.execute(_MAKE, everyone | {"hashes": fresh, "ids": [owner[hash] for hash in fresh]})


_FIND = text(
    """
    WITH RECURSIVE up AS (
        SELECT i.hash, p.id, p.merged_into
        FROM identifiers i JOIN people p ON p.tenant_id = i.tenant_id AND p.id = i.person_id
        WHERE i.tenant_id = :tenant AND i.hash = ANY(CAST(:hashes AS text[]))
        UNION ALL
        SELECT up.hash, p.id, p.merged_into
        FROM up JOIN people p ON p.tenant_id = :tenant AND p.id = up.merged_into
    ), roots AS (
        SELECT hash, id AS root FROM up WHERE merged_into IS NULL
    ), locked AS (
        SELECT id, lead_id, named, merged_into IS NULL AS held FROM people
        WHERE tenant_id = :tenant AND id = ANY(ARRAY(SELECT root FROM roots))
            AND (SELECT count(*) FROM roots) = CAST(:all AS bigint)
        ORDER BY id FOR UPDATE
    )
    SELECT hash, root, lead_id, named, held FROM roots LEFT JOIN locked ON id = root
    """
)
# identifiers in the order of their hashes, so that two batches cannot wait for each other
_MAKE = text(
    """
    WITH made AS (
        INSERT INTO people (tenant_id, id, created_at)
        SELECT :tenant, id, :now FROM unnest(CAST(:people AS uuid[])) AS id
    )
    INSERT INTO identifiers (tenant_id, hash, person_id, created_at)
    SELECT :tenant, h, p, :now
    FROM unnest(CAST(:hashes AS text[]), CAST(:ids AS uuid[])) AS row(h, p) ORDER BY h
    ON CONFLICT DO NOTHING
    """
)


@cache
def _update() -> TextClause:
    return text(
        """
        UPDATE people SET lead_id = row.lead, named = row.named
        FROM unnest(CAST(:ids AS uuid[]), CAST(:leads AS uuid[]), CAST(:named AS boolean[]))
            AS row(id, lead, named)
        WHERE people.tenant_id = :tenant AND people.id = row.id
        """
    )


@cache
def _merge() -> TextClause:
    return text(
        """
        UPDATE people SET merged_into = row.into_id
        FROM unnest(CAST(:gone AS uuid[]), CAST(:into AS uuid[])) AS row(gone, into_id)
        WHERE people.tenant_id = :tenant AND people.id = row.gone
        """
    )
