"""Likely duplicates (F34-F36, F39): found under locks, judged by the tenant's policy, logged, settled.

Whoever enters a lead comes through `judge_drafts` first, in the transaction that stores it. Two entries of
one person take the same lock, so the second one finds the first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from uuid import UUID
from zlib import crc32

from sqlalchemy import delete, select, text, tuple_

from chassis.db import Model, UnitOfWork, insert_plain
from chassis.ids import new_id
from chassis.pii import Vault
from services.leads import events, matching
from services.leads.commands.statuses import bump, locked
from services.leads.domain import SuspicionNotFound
from services.leads.matching import Candidate, Kind, Mode, Policy, Profile, Verdict
from services.leads.models import DuplicateDecision, Lead, MatchKey, MatchRecord, Suspicion

POLICIES: Final = "duplicates"
"""The setting that holds a tenant's policies."""
LOCKS: Final = 256
"""Locks of a tenant: few, so that a batch takes no more; two people that share one only wait."""
COMPARED: Final = frozenset({"first_name", "last_name", "company", "email_normal", "phone_e164"})
"""Fields of a lead that it is found by."""
PLAIN: Final = {"synchronize_session": False}
"""No session holds rows of the index as objects."""
PER_KEY: Final = 50
"""Records looked at for one key: of a very common name not all."""

_FIND = text(
    "SELECT * FROM likely_matches(:tenant, :space, CAST(:numbers AS int[]), CAST(:keys AS bigint[]), :most)"
)
Rows = Mapping[type[Model], Sequence[Mapping[str, Any]]]
Settled = Literal["linked", "not_duplicate"]


@dataclass(frozen=True)
class Draft:
    """A lead to be, under the id that it would have."""

    id: UUID
    profile: Profile
    policy: Policy
    mode: Mode = "by_policy"


@dataclass(frozen=True)
class Known:
    """A record of the index."""

    object: Kind
    id: UUID
    profile: Profile
    account_id: UUID | None
    open: bool


@dataclass
class Index:
    """The part of the index that concerns some drafts."""

    records: dict[UUID, Known] = field(default_factory=dict)
    by_key: dict[int, list[UUID]] = field(default_factory=dict)

    def put(self, known: Known, keys: Sequence[int]) -> None:
        """Lets a record be found under these keys."""
        self.records[known.id] = known
        for key in keys:
            self.by_key.setdefault(key, []).append(known.id)

    def candidates(self, profile: Profile, keys: Sequence[int]) -> list[Candidate]:
        """Who may be the same, the likeliest first."""
        ids = {id for key in keys for id in self.by_key.get(key, ())}
        found = ((self.records[id], *matching.compare(profile, self.records[id].profile)) for id in ids)
        return matching.ranked(
            Candidate(known.object, known.id, score, reasons, known.account_id, known.open)
            for known, score, reasons in found
        )


def policy_for(setting: Mapping[str, Any], source: str) -> Policy:
    """The tenant's policy for a source: the source's own, else the default one."""
    return Policy(**setting.get("sources", {}).get(source, setting.get("default", {})))


def profile_of(fields: Mapping[str, Any]) -> Profile:
    """A lead's fields, e-mail and phone in normal form among them, as they are compared."""
    names = ("first_name", "last_name", "company", "email_normal", "phone_e164")
    return matching.person("lead", *(fields.get(name) for name in names))


def judge_drafts(uow: UnitOfWork, drafts: Sequence[Draft]) -> list[Verdict]:
    """What becomes of each draft, the ones before it in the list seen as if they were there already.

    One statement, however many drafts. The locks hold until the transaction ends.
    """
    strong = {key for draft in drafts for key in matching.strong_keys(uow.tenant, draft.profile)}
    searched = [matching.search_keys(uow.tenant, draft.profile, draft.policy.threshold) for draft in drafts]
    index = _index(uow, searched, sorted({key % LOCKS for key in strong}))
    verdicts = []
    for draft, keys in zip(drafts, searched, strict=True):
        candidates = index.candidates(draft.profile, keys)
        verdict = matching.judge(draft.policy, candidates, draft.mode)
        if verdict.opens:
            known = Known("lead", draft.id, draft.profile, None, open=True)
            index.put(known, matching.index_keys(uow.tenant, draft.profile))
        verdicts.append(verdict)
    return verdicts


def find_duplicates(uow: UnitOfWork, profile: Profile, apart_from: UUID | None = None) -> list[Candidate]:
    """Who may be the same as somebody, the likeliest first; `apart_from` is that somebody's own record."""
    keys = matching.search_keys(uow.tenant, profile)
    found = _index(uow, [keys]).candidates(profile, keys)
    return [candidate for candidate in found if candidate.id != apart_from]


def _index(uow: UnitOfWork, searched: Sequence[Sequence[int]], locks: Sequence[int] = ()) -> Index:
    """What is known under some keys, once nobody else is entering the same people.

    The locks are taken in rising order, so that nobody waits in a circle.
    """
    index = Index()
    keys = sorted({key for some in searched for key in some})
    if keys:
        space = crc32(b"duplicates:" + uow.tenant.bytes) - 2**31
        wanted = {"tenant": uow.tenant, "space": space, "numbers": list(locks), "keys": keys, "most": PER_KEY}
        for row in uow.session.execute(_FIND, wanted):
            index.put(Known(row.object, row.id, _profile(row), row.account_id, row.open), (row.key,))
    return index


def index_rows(
    tenant: UUID, id: UUID, profile: Profile, account_id: UUID | None = None, version: int = 1
) -> Rows:
    """The rows by which a record is found."""
    said = profile._asdict()
    mine = {"tenant_id": tenant, "object": said.pop("kind"), "id": id}
    record = {**mine, **said, "account_id": account_id, "version": version}
    keys = matching.index_keys(tenant, profile)
    return {MatchRecord: [record], MatchKey: [{**mine, "key": key} for key in keys]}


def reindex(uow: UnitOfWork, leads: Sequence[Lead]) -> None:
    """Brings the place of changed leads in the index up to date."""
    drop(uow, "lead", [lead.id for lead in leads])
    put(uow, [index_rows(uow.tenant, lead.id, profile_of(vars(lead))) for lead in leads])


def put(uow: UnitOfWork, found: Sequence[Rows]) -> None:
    """Takes records into the index, which must not be there."""
    tables = (MatchRecord, MatchKey)
    insert_plain(uow.session, {table: [row for rows in found for row in rows[table]] for table in tables})


def drop(uow: UnitOfWork, object: Kind, ids: Sequence[UUID]) -> None:
    """Takes records out of the index."""
    if not ids:
        return
    gone = (
        delete(MatchRecord)
        .where(MatchRecord.tenant_id == uow.tenant, MatchRecord.object == object, MatchRecord.id.in_(ids))
        .returning(*(getattr(MatchRecord, name) for name in ("object", "id", *Profile._fields[1:])))
    )
    keys = [
        (key, record.id)
        for record in uow.session.execute(gone, execution_options=PLAIN)
        for key in matching.index_keys(uow.tenant, _profile(record))
    ]
    if keys:
        under = (MatchKey.tenant_id == uow.tenant, MatchKey.object == object)
        keyed = delete(MatchKey).where(*under, tuple_(MatchKey.key, MatchKey.id).in_(keys))
        uow.session.execute(keyed, execution_options=PLAIN)


def _profile(record: Any) -> Profile:
    return Profile(record.object, record.name, record.company, record.email, record.domain, record.phone)


def verdict_rows(uow: UnitOfWork, verdict: Verdict, draft: UUID, way: str, source: str) -> Rows:
    """What is kept of a verdict: the decision, and whom a new lead is suspected to be."""
    if verdict.decision == "created":
        return {}
    lead = draft if verdict.opens else verdict.target and verdict.target.id
    candidates = [candidate.record() for candidate in verdict.candidates]
    decision = _decision(uow, lead, way, source, verdict.decision, candidates)
    suspected = verdict.candidates if verdict.opens else ()
    return {
        DuplicateDecision: [decision],
        Suspicion: [_suspicion(uow, draft, verdict, one) for one in suspected],
    }


def settle_suspicion(
    uow: UnitOfWork, vault: Vault, lead_id: UUID, candidate_id: UUID, state: Settled
) -> list[Suspicion]:
    """What a person says of a suspicion: link or not a duplicate; the lead's suspicions then.

    Linked to an account or a contact the lead belongs to that account. Two leads that are one are marked so;
    to make one of them is another command. Repeated it is a no-op. Raises LeadNotFound, SuspicionNotFound.
    """
    lead = locked(uow, lead_id)
    suspicion = next((s for s in suspicions_of(uow, lead_id) if s.candidate_id == candidate_id), None)
    if suspicion is None:
        raise SuspicionNotFound("No such suspicion.")
    if suspicion.state != state:
        suspicion.state, suspicion.settled_at, suspicion.settled_by = state, uow.now, uow.actor
        uow.session.add(DuplicateDecision(**_settled(uow, suspicion, lead.lead_source)))
        if state == "linked" and suspicion.account_id not in (None, lead.account_id):
            lead.account_id = suspicion.account_id
            bump(uow, lead)
            uow.publish(events.lead_changed(uow, vault, lead, ["account_id"]))
    return suspicions_of(uow, lead_id)


def suspicions_of(uow: UnitOfWork, lead_id: UUID) -> list[Suspicion]:
    """Whom a lead may be, the likeliest first."""
    mine = select(Suspicion).where(Suspicion.tenant_id == uow.tenant, Suspicion.lead_id == lead_id)
    return list(uow.session.scalars(mine.order_by(Suspicion.score.desc(), Suspicion.candidate_id)))


def _settled(uow: UnitOfWork, suspicion: Suspicion, source: str) -> dict[str, Any]:
    names = ("object", "score", "reasons")
    candidate = {"id": str(suspicion.candidate_id), **{name: getattr(suspicion, name) for name in names}}
    return _decision(uow, suspicion.lead_id, "by_hand", source, suspicion.state, [candidate])


def _decision(
    uow: UnitOfWork, lead: UUID | None, way: str, source: str, decision: str, candidates: list[Any]
) -> dict[str, Any]:
    return {
        "tenant_id": uow.tenant,
        "id": new_id(),
        "lead_id": lead,
        "at": uow.now,
        "actor": uow.actor,
        "way": way,
        "source": source,
        "decision": decision,
        "candidates": candidates,
    }


def _suspicion(uow: UnitOfWork, lead: UUID, verdict: Verdict, candidate: Candidate) -> dict[str, Any]:
    settled = candidate is verdict.target
    return {
        "tenant_id": uow.tenant,
        "lead_id": lead,
        "object": candidate.object,
        "candidate_id": candidate.id,
        "score": candidate.score,
        "reasons": candidate.reasons,
        "account_id": candidate.account_id,
        "state": "linked" if settled else "suspected",
        "at": uow.now,
        "settled_at": uow.now if settled else None,
        "settled_by": uow.actor if settled else None,
    }
