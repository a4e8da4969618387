"""Many leads in one call, each with its own result (F5)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

from pydantic import ValidationError

from chassis.http import CallerDep, Router, RuntimeDep, Transaction, accepts, faults_of
from services.leads import commands
from services.leads.api.access import WRITERS
from services.leads.api.bodies.leads import Entry, NewLeads, draft_of
from services.leads.api.views.bulk import BulkView, FaultView, ItemView
from services.leads.api.views.duplicates import candidate_view
from services.leads.domain.custom import place_of

router = Router(prefix="/api/leads", tags=["bulk"])
MB = 1024 * 1024


@router.post("/bulk", dependencies=[WRITERS])
@accepts(idempotency_key="optional", max_body=5 * MB)
def create_leads(body: NewLeads, uow: Transaction, runtime: RuntimeDep, caller: CallerDep) -> BulkView:
    """Up to 1,000 leads by few statements in one transaction: each created, updated, a duplicate or invalid.

    With an Idempotency-Key the same call again gives the same results, item by item, and makes nothing new.
    """
    owner = caller.user if "rep" in caller.roles else None
    said = [{"duplicates": body.duplicates, **item} for item in body.items]
    read = [_read(item, f"#/items/{index}") for index, item in enumerate(said)]
    given = [(n, _entry(item, uow, owner)) for n, item in enumerate(read) if isinstance(item, Entry)]
    wrong = commands.unfit(uow, [entry for _, entry in given])
    for (index, _), fault in zip(given, wrong, strict=True):
        if fault:
            read[index] = [FaultView(pointer=f"#/items/{index}/{place_of(fault.field)}", detail=fault.detail)]
    good = [entry for (_, entry), fault in zip(given, wrong, strict=True) if not fault]
    entered = iter(commands.create_leads(uow, runtime.vault, good, "bulk"))
    items = [
        _item(index, next(entered)) if isinstance(item, Entry) else _invalid(index, item)
        for index, item in enumerate(read)
    ]
    return _summed(items)


def _entry(item: Entry, uow: Transaction, rep: UUID | None) -> commands.Entry:
    return commands.Entry(draft_of(item, uow.now), rep, item.duplicates)


def _read(item: Mapping[str, Any], at: str) -> Entry | list[FaultView]:
    """The lead that an item describes, or all that is wrong with it."""
    try:
        return Entry.model_validate(item)
    except ValidationError as error:
        return [FaultView(**fault) for fault in faults_of(error, at)]


def _item(index: int, entered: commands.Entered) -> ItemView:
    found = [candidate_view(candidate) for candidate in entered.verdict.candidates]
    if (lead := entered.lead) is None:
        return ItemView(index=index, result="duplicate", duplicates=found)
    result: Literal["created", "updated"] = "created" if entered.verdict.opens else "updated"
    return ItemView(index=index, result=result, lead_id=lead.id, version=lead.version, duplicates=found)


def _invalid(index: int, errors: list[FaultView]) -> ItemView:
    return ItemView(index=index, result="invalid", errors=errors)


def _summed(items: Sequence[ItemView]) -> BulkView:
    counts = Counter(item.result for item in items)
    results: tuple[Literal["created", "updated", "duplicate", "invalid"], ...]
    results = ("created", "updated", "duplicate", "invalid")
    return BulkView(items=list(items), **{result: counts[result] for result in results})
