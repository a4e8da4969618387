"""Routes of leads: create, list, read, change, explain, adjust."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import Query, Response

from chassis.http import (
    CallerDep,
    Id,
    Page,
    PagingDep,
    Problem,
    RequiredIfMatch,
    Router,
    RuntimeDep,
    ScopeDep,
    Transaction,
    accepts,
    etag,
)
from services.leads import commands, queries
from services.leads.api.access import GUARDS, WRITERS
from services.leads.api.bodies.leads import Entry, LeadFields, NewAdjustment, draft_of
from services.leads.api.views.history import EntryView, entry_view
from services.leads.api.views.leads import (
    EnteredLeadView,
    LeadView,
    ScoreView,
    entered_view,
    lead_view,
    line_view,
)
from services.leads.domain import Priority, Status
from services.leads.queries import Wanted

router = Router(prefix="/api/leads", tags=["leads"], guards=GUARDS)


@router.post("", status_code=201, response_model=EnteredLeadView, dependencies=[WRITERS])
@accepts(idempotency_key="optional")
def create_lead(
    body: Entry, uow: Transaction, runtime: RuntimeDep, caller: CallerDep, response: Response
) -> Any:
    """A new lead, with its first score and why; a rep's lead is the rep's own.

    The policy about duplicates may make something else of it: 200 with the lead that it turned out to be,
    409 with `candidates`.
    """
    owner = caller.user if "rep" in caller.roles else None
    entry = commands.Entry(draft_of(body, uow.now), owner, body.duplicates)
    entered = commands.create_lead(uow, runtime.vault, entry, "api")
    if entered.lead is None:
        return likely_duplicate(entered)
    response.status_code = 201 if entered.verdict.opens else 200
    response.headers["ETag"] = etag(entered.lead.version)
    response.headers["Location"] = f"/api/leads/{entered.lead.id}"
    return entered_view(entered.lead, entered.labels, entered.lines, entered.verdict)


def likely_duplicate(entered: commands.Entered) -> Response:
    """409 that is no exception: the decision not to take the lead is kept."""
    candidates = [candidate.record() for candidate in entered.verdict.candidates]
    detail = "There is somebody already who may be the same."
    return Problem(409, "Likely a duplicate", detail, candidates=candidates).response()


@router.get("")
def list_leads(
    uow: Transaction,
    scope: ScopeDep,
    paging: PagingDep,
    status: Annotated[Status | None, Query()] = None,
    priority: Annotated[Priority | None, Query()] = None,
    owner_id: Annotated[Id | None, Query()] = None,
    email: Annotated[str | None, Query(max_length=320)] = None,
    min_score: Annotated[int | None, Query(ge=0, le=100)] = None,
    q: Annotated[str | None, Query(max_length=200)] = None,
    unassigned: Annotated[bool, Query()] = False,
    archived: Annotated[bool, Query(description="the archived ones in place of the others")] = False,
    sort: Annotated[Literal["-created_at", "-score"], Query()] = "-created_at",
) -> Page[LeadView]:
    """The leads that the caller may see, filtered; the newest or the hottest first. Unassigned: the queue."""
    wanted = Wanted(status, priority, owner_id, email, min_score, q, unassigned, archived, sort)
    rows = queries.list_leads(uow, scope, wanted, _position(paging.after), paging.fetch)
    by = "score" if sort == "-score" else "created_at"
    labels = commands.labels_of(uow)
    return paging.page(
        rows, position=lambda row: (getattr(row, by), row.id), view=lambda row: lead_view(row, labels)
    )


@router.get("/{lead}")
def get_lead(lead: Id, uow: Transaction, response: Response) -> LeadView:
    """One lead."""
    row = queries.get_lead(uow, lead)
    response.headers["ETag"] = etag(row.version)
    return lead_view(row, commands.labels_of(uow))


@router.patch("/{lead}", dependencies=[WRITERS])
def change_lead(
    lead: Id,
    body: LeadFields,
    uow: Transaction,
    runtime: RuntimeDep,
    seen: RequiredIfMatch,
    response: Response,
) -> LeadView:
    """Changes the named fields; the score that follows comes by the stream."""
    fields = body.model_dump(exclude_unset=True)
    row = commands.change_lead(uow, runtime.vault, lead, fields, seen.check)
    response.headers["ETag"] = etag(row.version)
    return lead_view(row, commands.labels_of(uow))


@router.get("/{lead}/score")
def explain_score(lead: Id, uow: Transaction) -> ScoreView:
    """The score and every point of it: rule, version, event, time."""
    row = queries.get_lead(uow, lead)
    lines = [line_view(line) for line in queries.receipt(uow, lead)]
    return ScoreView(
        raw=row.raw,
        shown=row.score,
        fit=row.fit,
        engagement=row.engagement,
        grade=row.grade,
        rules_version=row.rules_version,
        next_change_at=row.next_change_at,
        contributions=[line for line in lines if line.points],
        not_counted=[line for line in lines if not line.points],
    )


@router.get("/{lead}/history")
def tell_history(lead: Id, uow: Transaction, paging: PagingDep) -> Page[EntryView]:
    """Changes of score and status, the newest first."""
    queries.get_lead(uow, lead)
    rows = queries.history(uow, lead, paging.after, paging.fetch)
    return paging.page(rows, position=lambda row: (row.at, row.id), view=entry_view)


@router.post("/{lead}/adjustments", status_code=202, dependencies=[WRITERS])
@accepts(idempotency_key="optional")
def adjust_score(lead: Id, body: NewAdjustment, uow: Transaction) -> LeadView:
    """Gives or takes points by hand; the new score comes by the stream."""
    row = commands.adjust_score(uow, lead, body.points, body.reason)
    return lead_view(row, commands.labels_of(uow))


def _position(after: Sequence[Any] | None) -> queries.After:
    """The cursor as what it was made of: it is signed, so it holds what this list put in."""
    return None if after is None else (after[0], after[1])
