"""What a tenant decides for itself, and all of it that a command needs, read at once."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text

from chassis.db import UnitOfWork
from services.leads.commands.rules import rule_set
from services.leads.domain import CUSTOM, CustomFields, Labels, Response, check_labels
from services.leads.models import TenantSetting
from services.leads.scoring import RuleSet

RESPONSE = "response"
LABELS = "labels"
CUSTOM_FIELDS = "custom_fields"
COSTS = "costs"
"""Too large a setting to be read for every lead, which does not go by it."""

_SETUP = text(
    """
    SELECT
        (SELECT CAST(jsonb_object_agg(name, value) AS text) FROM tenant_settings
         WHERE tenant_id = :tenant AND name <> :costs),
        (SELECT CAST(jsonb_build_object('version', version, 'rules', rules) AS text) FROM scoring_rules
         WHERE tenant_id = :tenant AND effective_at <= :now ORDER BY effective_at DESC, version DESC LIMIT 1),
        ARRAY(SELECT id FROM accounts
              WHERE tenant_id = :tenant AND id = ANY(CAST(:accounts AS uuid[])) AND NOT closed)
    """
)


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

    @cached_property
    def custom_fields(self) -> CustomFields:
        """The fields that the tenant gives its leads itself."""
        return CustomFields.of(self.settings.get(CUSTOM_FIELDS, {}))


def tenant_setup(uow: UnitOfWork, accounts: Collection[UUID] = ()) -> Setup:
    """Everything that the creation of a lead goes by, in one statement."""
    wanted = {"tenant": uow.tenant, "now": uow.now, "costs": COSTS, "accounts": list(accounts)}
    settings, rules, are_open = uow.session.execute(_SETUP, wanted).one()
    setup = _decided(settings, rules)
    return replace(setup, accounts=frozenset(are_open)) if are_open else setup


@lru_cache(maxsize=500)
def _decided(settings: str | None, rules: str | None) -> Setup:
    """Read anew only when a tenant decides otherwise: that takes longer than to ask for it."""
    return Setup(
        rule_set(orjson.loads(rules) if rules else None), orjson.loads(settings or "{}"), frozenset()
    )


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


def custom_fields_of(uow: UnitOfWork) -> CustomFields:
    """The fields that the tenant gives its leads itself (F47)."""
    return uow.once(CUSTOM_FIELDS, lambda: CustomFields.of(read_setting(uow, CUSTOM_FIELDS)[0]))


def check_custom(uow: UnitOfWork, mapping: Mapping[str, str]) -> None:
    """Raises UndefinedCustom where a mapping, place to field, names a custom field that is not there."""
    if any(name.startswith(CUSTOM) for name in mapping.values()):
        custom_fields_of(uow).check_mapping(mapping)


def store_labels(uow: UnitOfWork, value: dict[str, Any], seen: Callable[[int], None]) -> int:
    """Decides what things are called; the new version. Raises InvalidLabels."""
    check_labels(value)
    return store_setting(uow, LABELS, value, seen)
