"""Rows of a file become accounts (F4), or the newer word on those that are there already."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, cast
from uuid import UUID

from sqlalchemy import TextClause, select, text

from chassis.auth import Caller
from chassis.colleagues import ColleagueRow, scope_of
from chassis.companies import company_key
from chassis.db import UnitOfWork
from chassis.ids import new_id
from chassis.imports import Fault, Outcome, Plan
from services.accounts.commands.accounts import change_accounts, one_at_a_time, open_accounts
from services.accounts.domain import GIVERS
from services.accounts.domain.likeness import SCORES, Keys, Known, Match, Mode, Verdict, judge
from services.accounts.models import Account, domain_key
from services.accounts.queries import visible

MOST = 20
"""Accounts that one key is compared with."""
_FOUND = text(
    """
    WITH found AS (
        SELECT a.id FROM unnest(CAST(:external_ids AS text[])) AS wanted(key) CROSS JOIN LATERAL (
            SELECT id FROM accounts WHERE tenant_id = :tenant AND external_id = wanted.key) AS a
        UNION
        SELECT a.id FROM unnest(CAST(:names AS text[])) AS wanted(key) CROSS JOIN LATERAL (
            SELECT id FROM accounts WHERE tenant_id = :tenant AND name_key = wanted.key
            ORDER BY id LIMIT :most) AS a
        UNION
        SELECT a.id FROM unnest(CAST(:domains AS text[])) AS wanted(key) CROSS JOIN LATERAL (
            SELECT id FROM accounts WHERE tenant_id = :tenant AND domain_key = wanted.key
            ORDER BY id LIMIT :most) AS a
    )
    SELECT id, external_id, name_key, domain_key, closed_at IS NOT NULL AS closed
    FROM accounts JOIN found USING (id) WHERE tenant_id = :tenant ORDER BY id
    """
)
"""Accounts that share a key with an entry."""
_LOCKED = text(f"{_FOUND.text} FOR UPDATE OF accounts")


@dataclass(frozen=True)
class AccountEntry:
    """An account as a row describes it."""

    line: int
    fields: Mapping[str, Any]
    """What it says, and nothing else."""
    owner: str | None = None
    """Login of whose it is to be, where it says so."""

    @property
    def keys(self) -> Keys:
        """What it is known by."""
        name, domain = self.fields.get("name"), self.fields.get("domain")
        firm = company_key(name) if name else None
        return Keys(self.fields.get("external_id"), firm, domain_key(domain))


class _Book:
    """Accounts by what they are known by: those that are there, and those that this chunk opens."""

    def __init__(self, known: Iterable[Known]) -> None:
        self._known: dict[UUID, Known] = {}
        self._by_key: dict[tuple[int, str], list[UUID]] = defaultdict(list)
        for one in known:
            self.keep(one)

    def keep(self, known: Known) -> None:
        """From here on the account is known like this."""
        self._known[known.id] = known
        for place, key in enumerate(known.keys):
            if key:
                self._by_key[place, key].append(known.id)

    def like(self, keys: Keys) -> list[Known]:
        """Accounts that share a key with these."""
        ids = [self._by_key.get((place, key), []) for place, key in enumerate(keys) if key]
        return [self._known[id] for id in dict.fromkeys(chain(*ids))]

    def renew(self, id: UUID, keys: Keys) -> None:
        """The account is told of anew: later rows of the file see it as it is then."""
        known = self._known[id]
        newer = [new or old for new, old in zip(keys, known.keys, strict=True)]
        self.keep(known._replace(keys=Keys(*newer)))


@dataclass(frozen=True)
class _Judged:
    """An entry, what is done with it, and the account that it becomes or is."""

    entry: AccountEntry
    verdict: Verdict
    id: UUID


def take_rows(uow: UnitOfWork, plan: Plan, entries: Sequence[AccountEntry]) -> list[Outcome]:
    """Opens and changes accounts; of two imports of a tenant one waits, so that neither misses the other."""
    one_at_a_time(uow)
    judged = _judged(uow, plan, entries, _LOCKED)
    opened = [one for one in judged if one.verdict.result == "created"]
    open_accounts(uow, [(one.id, {"owner_id": plan.owner_id, **one.entry.fields}) for one in opened])
    changed = [one for one in judged if one.verdict.result == "updated"]
    change_accounts(uow, [(one.id, one.entry.fields) for one in changed])
    return [_outcome(one.verdict) for one in judged]


def foresee_rows(uow: UnitOfWork, plan: Plan, entries: Sequence[AccountEntry]) -> list[Outcome]:
    """What would come of them."""
    return [_outcome(one.verdict) for one in _judged(uow, plan, entries, _FOUND)]


def _judged(
    uow: UnitOfWork, plan: Plan, entries: Sequence[AccountEntry], asking: TextClause
) -> list[_Judged]:
    """What is done with every entry, in their order: a later one may be an earlier one of the same file."""
    mode = cast(Mode, plan.duplicates)
    entries, strangers = _owned(uow, plan, entries)
    book = _Book(_known(uow, plan, entries, asking))
    judged = []
    for entry in entries:
        keys = entry.keys
        verdict = strangers.get(entry.line) or judge(mode, keys, book.like(keys))
        id = verdict.target or new_id()
        judged.append(_Judged(entry, verdict, id))
        if verdict.result == "created":
            book.keep(Known(id, keys, line=entry.line))
        elif verdict.target:
            book.renew(verdict.target, keys)
    return judged


def _known(uow: UnitOfWork, plan: Plan, entries: Sequence[AccountEntry], asking: TextClause) -> list[Known]:
    """The accounts that may be meant; whether they may be changed is asked only where they would be."""
    names = ("external_ids", "names", "domains")
    keys = [sorted({key for key in column if key}) for column in zip(*(e.keys for e in entries), strict=True)]
    wanted = dict(zip(names, keys or [[], [], []], strict=True))
    rows = uow.session.execute(asking, {"tenant": uow.tenant, "most": MOST, **wanted}).all()
    ids = {row.id for row in rows}
    mine = _changeable(uow, plan, ids) if plan.duplicates == "update" else ids
    return [
        Known(row.id, Keys(row.external_id, row.name_key, row.domain_key), row.closed, row.id in mine)
        for row in rows
    ]


def _changeable(uow: UnitOfWork, plan: Plan, ids: set[UUID]) -> set[UUID]:
    """Those that whoever imports sees, as at the API (F107)."""
    found = visible(uow, scope_of(uow, _caller(uow, plan))).with_only_columns(Account.id)
    return set(uow.session.scalars(found.where(Account.id.in_(ids))))


def _owned(
    uow: UnitOfWork, plan: Plan, entries: Sequence[AccountEntry]
) -> tuple[list[AccountEntry], dict[int, Verdict]]:
    """The entries with the ids of their owners; those refused whose owner is nobody, or not theirs to say."""
    logins = {entry.owner for entry in entries if entry.owner}
    found = select(ColleagueRow.login, ColleagueRow.id).where(
        ColleagueRow.tenant_id == uow.tenant, ColleagueRow.login.in_(logins)
    )
    people = {row.login: row.id for row in uow.session.execute(found)} if logins else {}
    caller = _caller(uow, plan)
    owned, refused = [], {}
    for entry in entries:
        owner = people.get(entry.owner or "")
        if entry.owner and owner is None:
            refused[entry.line] = Verdict("invalid", field="owner", why="is the login of nobody")
        elif owner not in (None, caller.user) and caller.roles.isdisjoint(GIVERS):
            told = "is somebody else, and your roles do not allow to say who owns an account"
            refused[entry.line] = Verdict("invalid", field="owner", why=told)
        owned.append(replace(entry, fields={**entry.fields, "owner_id": owner}) if owner else entry)
    return owned, refused


def _caller(uow: UnitOfWork, plan: Plan) -> Caller:
    """Whoever started the import, with the roles of that moment."""
    user = UUID(uow.actor.removeprefix("user:"))
    return Caller(uow.tenant, user, "", frozenset(plan.given["roles"]))


def _outcome(verdict: Verdict) -> Outcome:
    why = [Fault(verdict.field, verdict.why)] if verdict.why else []
    return Outcome(verdict.result, why, [_shown(match) for match in verdict.matches if not match.known.line])


def _shown(match: Match) -> dict[str, Any]:
    score, reasons = SCORES[match.reason], [match.reason]
    return {"object": "account", "id": str(match.known.id), "score": score, "reasons": reasons}
