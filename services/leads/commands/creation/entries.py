"""Leads as people enter them: what is wrong with them, their normal forms, whom they may be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from chassis.db import UnitOfWork
from chassis.ids import new_id
from chassis.pii import Vault
from services.leads import domain
from services.leads.commands.assignment import TERRITORIES, territory_in
from services.leads.commands.duplicates import (
    POLICIES,
    Draft,
    find_duplicates,
    judge_drafts,
    policy_for,
    profile_of,
)
from services.leads.commands.leads import in_words, reached_by
from services.leads.commands.settings import Setup, tenant_setup
from services.leads.domain import UnfitCustom, UnknownAccount, UnknownSource
from services.leads.matching import Candidate, Mode, Verdict, judge


@dataclass(frozen=True)
class Entry:
    """A lead as somebody enters it."""

    fields: Mapping[str, Any]
    rep: UUID | None = None
    """Who entered it by hand, if it was a rep: then it is the rep's own."""
    mode: Mode = "by_policy"
    """What whoever enters it wants done about duplicates."""
    id: UUID | None = None
    """Of the lead to be, where it is known beforehand."""
    texts: bool = False
    """Whether its custom fields come as a file has them: all as text."""


class Judged(NamedTuple):
    """An entry in normal form, and what is to become of it."""

    entry: Entry
    profile: Mapping[str, Any]
    draft: Draft
    verdict: Verdict


class Fault(NamedTuple):
    """A field of an entry, and what is wrong with it."""

    field: str
    detail: str


def setup_for(uow: UnitOfWork, entries: Sequence[Entry]) -> Setup:
    """All that entries go by. Raises UnknownAccount where one names an account that is not open."""
    setup = tenant_setup(uow, _accounts_of(entries))
    _check_accounts(entries, setup)
    return setup


def judge_entries(uow: UnitOfWork, vault: Vault, setup: Setup, entries: Sequence[Entry]) -> list[Judged]:
    """What becomes of entries, each looked at after the ones before it. Raises UnknownSource, UnfitCustom."""
    profiles = [_profile(uow, vault, setup, entry) for entry in entries]
    drafts = [_draft(setup, *pair) for pair in zip(entries, profiles, strict=True)]
    verdicts = judge_drafts(uow, drafts)
    return [Judged(*one) for one in zip(entries, profiles, drafts, verdicts, strict=True)]


def foresee(uow: UnitOfWork, vault: Vault, entries: Sequence[Entry]) -> list[Verdict]:
    """What would come of entries; nothing is made of them."""
    return [one.verdict for one in judge_entries(uow, vault, tenant_setup(uow), entries)]


def look_up(
    uow: UnitOfWork, vault: Vault, fields: Mapping[str, Any], apart_from: UUID | None
) -> tuple[list[Candidate], Verdict]:
    """Who may be the same as a draft, whatever the score, and what the policy would make of it (F34)."""
    setup = tenant_setup(uow)
    entry = Entry(fields)
    draft = _draft(setup, entry, _profile(uow, vault, setup, entry))
    found = find_duplicates(uow, draft.profile, apart_from)
    return found, judge(draft.policy, found)


def unfit(uow: UnitOfWork, entries: Sequence[Entry]) -> list[Fault | None]:
    """For every entry which field names what is not there, if any: one must not keep the others out."""
    setup = tenant_setup(uow, _accounts_of(entries))
    return [_fault(setup, entry) for entry in entries]


def _fault(setup: Setup, entry: Entry) -> Fault | None:
    try:
        in_words(setup.labels, entry.fields)
        _check_accounts([entry], setup)
        _custom(setup, entry)
    except (UnknownSource, UnknownAccount) as error:
        return Fault(error.field, str(error))
    except UnfitCustom as error:
        return Fault(*error.faults[0])
    return None


def _accounts_of(entries: Sequence[Entry]) -> set[UUID]:
    return {id for entry in entries if (id := entry.fields.get("account_id"))}


def _check_accounts(entries: Sequence[Entry], setup: Setup) -> None:
    if not _accounts_of(entries) <= setup.accounts:
        raise UnknownAccount


def _custom(setup: Setup, entry: Entry) -> dict[str, Any] | None:
    said = entry.fields.get("custom")
    return setup.custom_fields.merged(None, said, texts=entry.texts) if said else None


def _profile(uow: UnitOfWork, vault: Vault, setup: Setup, entry: Entry) -> dict[str, Any]:
    fields = {name: value for name, value in entry.fields.items() if name != "consents"}
    came = fields | domain.ways(fields) | in_words(setup.labels, fields)
    touch = domain.touch(came, uow.now)
    profile = {**came, **reached_by(uow, vault, fields, setup.response.home_country)}
    territory = territory_in(setup.settings.get(TERRITORIES, {}), profile)
    found = {"territory": territory, "custom": _custom(setup, entry)}
    return {**profile, **found, "first_touch": touch, "last_touch": touch}


def _draft(setup: Setup, entry: Entry, profile: Mapping[str, Any]) -> Draft:
    policy = policy_for(setup.settings.get(POLICIES, {}), profile["lead_source"])
    return Draft(entry.id or new_id(), profile_of(profile), policy, entry.mode)
