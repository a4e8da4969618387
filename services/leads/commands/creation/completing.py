"""Leads that were entered again: what they did not know yet, or what is newer."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from chassis.db import Contended, UnitOfWork
from chassis.pii import Vault
from services.leads.commands.creation.entries import Judged
from services.leads.commands.leads import change_leads
from services.leads.commands.settings import Setup
from services.leads.commands.statuses import locked_all
from services.leads.matching import Candidate
from services.leads.models import Lead

COMPLETED: Final = (
    "first_name",
    "last_name",
    "company",
    "job_title",
    "email",
    "phone",
    "industry",
    "company_size",
    "country",
    "region",
    "description",
    "esg_interest",
)
"""What a lead that was entered again may still learn; it is never told otherwise than it knows."""


def complete_leads(
    uow: UnitOfWork, vault: Vault, setup: Setup, judged: Sequence[Judged]
) -> dict[Candidate | None, Lead]:
    """The leads that entries turned out to be, with what they have learnt from them.

    Raises Contended where one of them was erased after it was found: who tries again finds it no more.
    """
    found = [(one, one.verdict.target) for one in judged if not one.verdict.opens]
    leads = locked_all(uow, {target.id for _, target in found if target})
    if any(lead.erased_at for lead in leads.values()):
        raise Contended("a person was erased meanwhile")
    changes = [(leads[target.id], _news(leads[target.id], one)) for one, target in found if target]
    change_leads(uow, vault, setup, changes)
    return {target: leads[target.id] for _, target in found if target}


def _news(lead: Lead, judged: Judged) -> dict[str, Any]:
    """What an entry says that the lead does not know, or knows otherwise where the entry's word holds."""
    said: Mapping[str, Any] = {name: judged.profile[name] for name in COMPLETED if judged.profile.get(name)}
    overwrites = judged.verdict.overwrites
    news = {name: value for name, value in said.items() if overwrites or not getattr(lead, name)}
    if own := judged.profile["custom"]:
        held = lead.custom or {}
        news["custom"] = {name: value for name, value in own.items() if overwrites or name not in held}
    return news
