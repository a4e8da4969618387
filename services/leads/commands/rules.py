"""Scoring rules of a tenant: drafted, published, in force from a time (F17)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from chassis.db import UnitOfWork
from chassis.ids import new_id
from services.leads import events
from services.leads.domain import AlreadyPublished, RuleSetNotFound
from services.leads.models import RuleSetRow
from services.leads.scoring import Rule, RuleSet, check, default_rules


def rules_in_force(uow: UnitOfWork) -> RuleSet:
    """The published set with the latest effective time that has come; else the default, version 1."""
    published = (
        select(RuleSetRow)
        .where(RuleSetRow.tenant_id == uow.tenant, RuleSetRow.effective_at <= uow.now)
        .order_by(RuleSetRow.effective_at.desc(), RuleSetRow.version.desc())
        .limit(1)
    )
    row = uow.session.scalar(published)
    return rule_set(vars(row) if row else None)


def draft_rules(uow: UnitOfWork, rules: Sequence[Rule]) -> RuleSetRow:
    """Keeps a set as the tenant's next version, without effect. Raises InvalidRules."""
    check(rules)
    mine = RuleSetRow.tenant_id == uow.tenant
    newest = uow.session.scalar(select(func.max(RuleSetRow.version)).where(mine)) or 1
    row = RuleSetRow(
        tenant_id=uow.tenant,
        version=newest + 1,
        rules=records(RuleSet(newest + 1, tuple(rules))),
        author=uow.actor,
        created_at=uow.now,
        published_at=None,
        effective_at=None,
    )
    uow.session.add(row)
    return row


def publish_rules(
    uow: UnitOfWork, version: int, effective_at: datetime | None, partitions: int
) -> RuleSetRow:
    """Puts a draft in force from a time (now where none is given): one record into every partition.

    Published again with the same time it is a no-op. Raises RuleSetNotFound, AlreadyPublished.
    """
    row = uow.session.get(RuleSetRow, (uow.tenant, version), with_for_update=True)
    if row is None:
        raise RuleSetNotFound(f"There is no version {version} of the scoring rules.")
    if row.published_at is not None:
        if effective_at in (None, row.effective_at):
            return row
        raise AlreadyPublished(f"Version {version} is in force from {row.effective_at}; draft another one.")
    row.published_at, row.effective_at = uow.now, effective_at or uow.now
    event_id = new_id()
    rules = rule_set(vars(row))
    for partition in range(partitions):
        uow.publish(events.scoring_rules_published(uow, rules, row.effective_at, partition, event_id))
    return row


def rule_set(found: Mapping[str, Any] | None) -> RuleSet:
    """A stored set as scoring reads it; the default where there is none."""
    if found is None:
        return default_rules()
    return RuleSet(found["version"], tuple(rule_of(rule) for rule in found["rules"]))


def records(rules: RuleSet) -> list[dict[str, Any]]:
    """The rules of a set as JSON has them."""
    return [events.rule_record(rule) for rule in rules.rules]


def rule_of(record: dict[str, Any]) -> Rule:
    """A rule from its record."""
    rest = {name: value for name, value in record.items() if name not in ("rule", "values")}
    return Rule(key=record["rule"], values=tuple(record["values"]), **rest)
