"""Entries become leads: new ones, or ones that were there already."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chassis.db import Model, UnitOfWork, insert_plain
from chassis.pii import Vault
from services.leads.commands.creation.completing import complete_leads
from services.leads.commands.creation.entries import Entry, judge_entries, setup_for
from services.leads.commands.creation.opening import open_lead, rows_of, tell_of
from services.leads.commands.duplicates import Rows, verdict_rows
from services.leads.domain import Labels
from services.leads.matching import Verdict
from services.leads.models import Lead


@dataclass(frozen=True)
class Entered:
    """What came of an entry: a new lead, one that was completed, or none (blocked)."""

    verdict: Verdict
    lead: Lead | None
    labels: Labels
    """What the tenant calls what it is shown with."""
    lines: Sequence[Mapping[str, Any]] = ()
    """What its first score is made of."""


def create_lead(uow: UnitOfWork, vault: Vault, entry: Entry, way: str) -> Entered:
    """A new lead with its first score, unless the tenant's policy makes something else of it (F1, F36)."""
    return create_leads(uow, vault, [entry], way)[0]


def create_leads(uow: UnitOfWork, vault: Vault, entries: Sequence[Entry], way: str) -> list[Entered]:
    """New leads, scored by the same pure function that scores the stream; `way` says how they came in.

    The score is stored as (epoch 0, sequence 0); a lead starts in the band of its score.
    Raises UnknownSource, UnknownAccount, UnfitCustom.
    """
    setup = setup_for(uow, entries)
    judged = judge_entries(uow, vault, setup, entries)
    opened = {one.draft.id: open_lead(uow, setup, one) for one in judged if one.verdict.opens}
    rows = [tell_of(uow, vault, setup, list(opened.values()))]
    rows += [rows_of(uow.tenant, one) for one in opened.values()]
    rows += [
        verdict_rows(uow, one.verdict, one.draft.id, way, one.entry.fields["lead_source"]) for one in judged
    ]
    insert_plain(uow.session, _together(rows))
    completed = complete_leads(uow, vault, setup, judged)
    return [
        Entered(one.verdict, new.lead, setup.labels, new.lines)
        if (new := opened.get(one.draft.id))
        else Entered(one.verdict, completed.get(one.verdict.target), setup.labels)
        for one in judged
    ]


def _together(parts: Iterable[Rows]) -> Rows:
    rows: dict[type[Model], list[Mapping[str, Any]]] = defaultdict(list)
    for part in parts:
        for table, some in part.items():
            rows[table] += some
    return rows
