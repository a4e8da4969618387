"""SQL to what people see. Personal fields are opened here, at reading; an erased person has none left."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, or_, select, true, tuple_
from sqlalchemy.orm import aliased

from chassis.colleagues import Scope
from chassis.db import UnitOfWork
from chassis.pii import Vault
from services.notifications.domain import ItemState, NotFound
from services.notifications.models import Alert, InboxItem, Lead, Subject

ERASED = "erased person"
UNNAMED = "unnamed lead"
SUMMARY = {
    "score_threshold": "score passed {threshold}",
    "high_value": "score {score} is above {threshold}",
    "stagnation": "{status} for more than 7 days",
    "conversion_overdue": "qualified for more than 14 days",
    "unassigned_lead": "nobody owns this lead",
    "sla_breach": "nobody has answered in time",
    "upsell_lead": "a customer is interested in more",
    "at_risk_account": "the account is at risk",
    "stale_deal": "too long in its stage",
    "lead_assigned": "assigned: {detail}",
    "lead_converted": "converted by {detail}",
    "customer_onboarding": "a new customer: onboarding is yours",
}
"""What an alert says, by kind."""
PAGES = {"at_risk_account": "accounts", "stale_deal": "opportunities"}
"""Where the subject of an alert is shown; else it is a lead."""


@dataclass(frozen=True)
class AlertView:
    """An alert as people see it: what, about whom, why, since when, and how it stands."""

    id: UUID
    kind: str
    subject_id: UUID
    subject: str
    """Name of the person, or what is left of it."""
    summary: str
    severity: str
    state: str
    level: int
    cause: str
    cause_id: str
    raised_at: datetime
    recorded_at: datetime
    stored_at: datetime
    threshold: int | None
    score: int | None
    status: str | None
    owner_id: UUID | None
    escalated_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    resolved_at: datetime | None
    resolved_reason: str | None
    link: str
    """Page of the subject."""


@dataclass(frozen=True)
class ItemView:
    """An alert in one person's inbox."""

    id: UUID
    state: ItemState
    notified_at: datetime
    alert: AlertView
    link: str


@dataclass(frozen=True)
class Wanted:
    """Filter of a list of alerts; None takes all."""

    subject_id: UUID | None = None
    state: str | None = None
    kind: str | None = None
    severity: str | None = None


After = tuple[datetime, UUID] | None
"""Where the last page ended: time and id of its last row."""


def list_alerts(
    uow: UnitOfWork, vault: Vault, scope: Scope, wanted: Wanted, after: After, limit: int
) -> list[AlertView]:
    """The newest alerts first of those that the scope shows, at most `limit`."""
    found = _alerts(uow).where(visible(scope), *_conditions(wanted))
    found = found.order_by(Alert.raised_at.desc(), Alert.id.desc())
    if after is not None:
        found = found.where(tuple_(Alert.raised_at, Alert.id) < tuple_(*after))
    rows = uow.session.execute(found.limit(limit)).all()
    names = subject_names(uow, vault, rows)
    return [_alert_view(row.Alert, name) for row, name in zip(rows, names, strict=True)]


def get_alert(uow: UnitOfWork, vault: Vault, alert_id: UUID) -> AlertView:
    """One alert. Raises NotFound."""
    if (alert := get_alerts(uow, vault, [alert_id]).get(alert_id)) is None:
        raise NotFound("No such alert.")
    return alert


def get_alerts(uow: UnitOfWork, vault: Vault, ids: Collection[UUID]) -> dict[UUID, AlertView]:
    """Some alerts by their ids; one that is not there is left out."""
    rows = uow.session.execute(_alerts(uow).where(Alert.id.in_(ids))).all()
    names = subject_names(uow, vault, rows)
    return {row.Alert.id: _alert_view(row.Alert, name) for row, name in zip(rows, names, strict=True)}


def visible(scope: Scope) -> ColumnElement[bool]:
    """Alerts about what somebody may see, as it is now; else as it was when they were raised."""
    if scope.everything:
        return true()
    known = ((Lead.id.is_not(None), Lead.owner_id), (Subject.id.is_not(None), Subject.owner_id))
    managed = aliased(Subject)
    linked = select(managed.id).where(managed.tenant_id == Alert.tenant_id, managed.kind == "account")
    linked = linked.where(scope.owns(managed.owner_id)).correlate(Alert)
    return or_(scope.sees(case(*known, else_=Alert.owner_id), Lead.territory), Lead.account_id.in_(linked))


def only_visible(uow: UnitOfWork, scope: Scope, alert_id: UUID) -> None:
    """Raises NotFound for an alert that the scope does not show."""
    seen = _alerts(uow).where(Alert.id == alert_id, visible(scope))
    if uow.session.execute(seen).first() is None:
        raise NotFound("No such alert.")


def list_inbox(
    uow: UnitOfWork, vault: Vault, user: UUID, state: str | None, after: After, limit: int
) -> list[ItemView]:
    """A person's own items, the newest first; archived ones only when asked for."""
    shown = InboxItem.state == state if state else InboxItem.state != "archived"
    found = _items(uow, user).where(shown).order_by(InboxItem.notified_at.desc(), InboxItem.id.desc())
    if after is not None:
        found = found.where(tuple_(InboxItem.notified_at, InboxItem.id) < tuple_(*after))
    rows = uow.session.execute(found.limit(limit)).all()
    names = subject_names(uow, vault, rows)
    return [_item_view(row.InboxItem, row.Alert, name) for row, name in zip(rows, names, strict=True)]


def get_item(uow: UnitOfWork, vault: Vault, user: UUID, item_id: UUID) -> ItemView:
    """One item of a person's own. Raises NotFound."""
    row = uow.session.execute(_items(uow, user).where(InboxItem.id == item_id)).one_or_none()
    if row is None:
        raise NotFound("No such inbox item.")
    return _item_view(row.InboxItem, row.Alert, *subject_names(uow, vault, [row]))


def unread_counts(uow: UnitOfWork, user: UUID) -> dict[str, int]:
    """A person's unread items by severity."""
    counted = (
        select(Alert.severity, func.count().label("number"))
        .join(InboxItem, (InboxItem.tenant_id == Alert.tenant_id) & (InboxItem.alert_id == Alert.id))
        .where(Alert.tenant_id == uow.tenant, InboxItem.recipient_id == user, InboxItem.state == "unread")
        .group_by(Alert.severity)
    )
    found = {row.severity: row.number for row in uow.session.execute(counted)}
    return {severity: found.get(severity, 0) for severity in ("urgent", "warning", "info")}


def _alerts(uow: UnitOfWork) -> Select[Alert, Lead, Subject]:
    found = select(Alert, Lead, Subject).outerjoin(Lead, _LEAD).outerjoin(Subject, _SUBJECT)
    return found.where(Alert.tenant_id == uow.tenant)


def _items(uow: UnitOfWork, user: UUID) -> Select[InboxItem, Alert, Lead, Subject]:
    alert = (Alert.tenant_id == InboxItem.tenant_id) & (Alert.id == InboxItem.alert_id)
    joined = select(InboxItem, Alert, Lead, Subject).join(Alert, alert)
    found = joined.outerjoin(Lead, _LEAD).outerjoin(Subject, _SUBJECT)
    return found.where(InboxItem.tenant_id == uow.tenant, InboxItem.recipient_id == user)


_LEAD = (Lead.tenant_id == Alert.tenant_id) & (Lead.id == Alert.subject_id)
_SUBJECT = (Subject.tenant_id == Alert.tenant_id) & (Subject.id == Alert.subject_id)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    asked = {Alert.subject_id: wanted.subject_id, Alert.state: wanted.state}
    asked |= {Alert.kind: wanted.kind, Alert.severity: wanted.severity}
    return [column == value for column, value in asked.items() if value is not None]


def _item_view(item: InboxItem, alert: Alert, name: str) -> ItemView:
    shown = _alert_view(alert, name)
    return ItemView(item.id, item.state, item.notified_at, shown, shown.link)


def _alert_view(alert: Alert, name: str) -> AlertView:
    said = SUMMARY.get(alert.kind, alert.kind)
    words = {name: getattr(alert, name) for name in ("threshold", "score", "status", "detail")}
    made: dict[str, Any] = {
        "subject": name,
        "summary": said.format(**words),
        "link": f"/{PAGES.get(alert.kind, 'leads')}/{alert.subject_id}",
    }
    stored = {one.name: getattr(alert, one.name) for one in fields(AlertView) if one.name not in made}
    return AlertView(**stored, **made)


@dataclass(frozen=True)
class Whereabouts:
    """Whose something is, where it lies, and who manages its account."""

    owner: UUID | None
    territory: str | None = None
    manager: UUID | None = None

    def seen_by(self, scope: Scope) -> bool:
        """The same as `visible`, of one thing that is at hand."""
        managed = self.manager is not None and self.manager in scope.owners
        return managed or scope.shows(self.owner, self.territory)


def whereabouts(uow: UnitOfWork, ids: Collection[UUID]) -> dict[UUID, Whereabouts]:
    """What is known of leads, accounts and opportunities, by their ids."""
    account = (Subject.tenant_id == Lead.tenant_id) & (Subject.id == Lead.account_id)
    leads = select(Lead.id, Lead.owner_id, Lead.territory, Subject.owner_id).outerjoin(Subject, account)
    others = select(Subject.id, Subject.owner_id)
    found = uow.session.execute(leads.where(Lead.tenant_id == uow.tenant, Lead.id.in_(ids))).all()
    rest = uow.session.execute(others.where(Subject.tenant_id == uow.tenant, Subject.id.in_(ids))).all()
    known = {id: Whereabouts(owner) for id, owner in rest}
    return known | {id: Whereabouts(owner, place, manager) for id, owner, place, manager in found}


def subject_names(uow: UnitOfWork, vault: Vault, rows: Sequence[Any]) -> list[str]:
    """Names of the subjects of rows: of a lead the person, else the company, else what is left."""
    leads = [row.Lead for row in rows]
    opened = vault.open_all(uow, [(lead.pii, lead.key_id) if lead else (None, None) for lead in leads])
    return [
        row.Subject.name if row.Subject else _name(row.Lead, known)
        for row, known in zip(rows, opened, strict=True)
    ]


def _name(lead: Lead | None, known: dict[str, Any] | None) -> str:
    if known is None:
        return ERASED if lead and lead.pii else UNNAMED
    name = " ".join(str(known[field]) for field in ("first_name", "last_name") if known.get(field))
    return name or str(known.get("company") or UNNAMED)
