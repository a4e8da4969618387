"""Rows of a file become leads (F4); what a file is and how far it is, the chassis keeps."""

from collections.abc import Callable, Sequence

from chassis.db import UnitOfWork
from chassis.imports import Fault, Outcome
from chassis.pii import Vault
from services.leads.commands.creation import Entry, create_leads, foresee, unfit
from services.leads.matching import Verdict


def take_rows(uow: UnitOfWork, vault: Vault, entries: Sequence[Entry]) -> list[Outcome]:
    """Makes leads of them; one that names what is not there keeps none of the others out."""

    def enter(fit: Sequence[Entry]) -> list[Verdict]:
        return [one.verdict for one in create_leads(uow, vault, fit, "import")]

    return _outcomes(uow, entries, enter)


def foresee_rows(uow: UnitOfWork, vault: Vault, entries: Sequence[Entry]) -> list[Outcome]:
    """What would come of them."""
    return _outcomes(uow, entries, lambda fit: foresee(uow, vault, fit))


def _outcomes(
    uow: UnitOfWork, entries: Sequence[Entry], judged: Callable[[Sequence[Entry]], list[Verdict]]
) -> list[Outcome]:
    faults = unfit(uow, entries)
    verdicts = iter(judged([entry for entry, no in zip(entries, faults, strict=True) if not no]))
    return [Outcome("invalid", [Fault(*no)]) if no else _outcome(next(verdicts)) for no in faults]


def _outcome(verdict: Verdict) -> Outcome:
    found = [one.record() for one in verdict.candidates]
    if verdict.decision == "blocked":
        return Outcome("duplicate", [_there_already(verdict)], found)
    return Outcome("created" if verdict.opens else "updated", (), found)


def _there_already(verdict: Verdict) -> Fault:
    found = verdict.candidates[0]
    return Fault("", f"is there already: {found.object} {found.id} ({', '.join(found.reasons)})")
