"""What a tenant decides for itself, and all of it that a command needs, read at once."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from chassis.db import UnitOfWork
from services.leads.commands.rules import in_force, rule_set
from services.leads.domain import Labels, Response, check_labels
from services.leads.models import Account, TenantSetting
from services.leads.scoring import RuleSet

RESPONSE = "response"
LABELS = "labels"
COSTS = "costs"
"""Too large a setting to be read for every lead, which does not go by it."""


@dataclass(frozen=True)
class Setup:
    """The rules in force, the settings of a tenant by name, and which of the accounts asked for are open."""

    rules: RuleSet
    settings: Mapping[str, Mapping[str, Any]]
    accounts: frozenset[UUID]

    @cached_property
    def response(self) -> Response:
        """Where the tenant is at home and how soon it answers."""
        return Response(**self.settings.get(RESPONSE, {}))

    @cached_property
    def labels(self) -> Labels:
        """What the tenant calls sources, industries and statuses."""
        return Labels.of(self.settings.get(LABELS, {}))


def tenant_setup(uow: UnitOfWork, accounts: Collection[UUID] = ()) -> Setup:
    """Everything that the creation of a lead goes by, in one statement."""
    mine = TenantSetting.tenant_id == uow.tenant
    named = func.jsonb_object_agg(TenantSetting.name, TenantSetting.value)
    settings = select(named).where(mine, TenantSetting.name != COSTS).scalar_subquery()
    known = (Account.tenant_id == uow.tenant, Account.id.in_(accounts), Account.closed.is_(False))
    are_open = select(func.array_agg(Account.id)).where(*known).scalar_subquery()
    found = uow.session.execute(select(settings, in_force(uow).scalar_subquery(), are_open)).one()
    return Setup(rule_set(found[1]), found[0] or {}, frozenset(found[2] or ()))


def read_setting(uow: UnitOfWork, name: str) -> tuple[Mapping[str, Any], int]:
    """A setting and its version; nothing and 0 where the tenant has not said anything."""
    row = uow.session.get(TenantSetting, (uow.tenant, name))
    return (row.value, row.version) if row else ({}, 0)


def store_setting(uow: UnitOfWork, name: str, value: dict[str, Any], seen: Callable[[int], None]) -> int:
    """Keeps a setting; its new version. `seen(version)` refuses who has not seen what stands."""
    row = uow.session.get(TenantSetting, (uow.tenant, name), with_for_update=True)
    seen(row.version if row else 0)
    if row is None:
        row = TenantSetting(tenant_id=uow.tenant, name=name, version=0)
        uow.session.add(row)
    row.version += 1
    row.value, row.updated_at, row.updated_by = value, uow.now, uow.actor
    return row.version


def labels_of(uow: UnitOfWork) -> Labels:
    """What the tenant calls things."""
    return Labels.of(read_setting(uow, LABELS)[0])


def store_labels(uow: UnitOfWork, value: dict[str, Any], seen: Callable[[int], None]) -> int:
    """Decides what things are called; the new version. Raises InvalidLabels."""
    check_labels(value)
    return store_setting(uow, LABELS, value, seen)
