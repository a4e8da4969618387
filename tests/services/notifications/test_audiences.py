"""Who is told of what, and the notices that have no end of their own (F43, F45, F92)."""

from functools import partial
from typing import Any
from uuid import UUID

import pytest

from chassis.clock import millis
from chassis.ids import derived_id, new_id
from services.notifications import commands
from tests.services.notifications.conftest import NOON, House
from tests.services.notifications.test_alerts import alerts, inbox


def told(house: House, kind: str, subject: UUID, owner: UUID | None) -> None:
    """An alert of a kind is stored."""
    house.raised(subject, owner, kind=kind, severity="warning", threshold=None, score=None)


def account(house: House, name: str, owner: UUID) -> UUID:
    """An account, as its service tells."""
    id = derived_id("test-account", name)
    record = {"account_id": str(id), "version": 1, "account_name": name, "owner_id": str(owner)}
    house.run(lambda uow: commands.store_accounts(uow, [record]))
    return id


def test_a_breach_is_told_to_the_owner_and_the_manager(house: House) -> None:
    max_ = house.person("max", "manager")
    ana = house.person("ana", "rep", manager_id=str(max_))
    told(house, "sla_breach", house.lead("Jane", ana), ana)
    for person in (ana, max_):
        assert [item.alert.summary for item in inbox(house, person)] == ["nobody has answered in time"]


def test_an_upsell_is_told_to_the_manager_of_the_account(house: House) -> None:
    ana, eva = house.person("ana", "rep"), house.person("eva", "account_manager")
    acme = account(house, "ACME", eva)
    jane = house.lead("Jane", ana)
    changed = {"lead_id": str(jane), "version": 2, "status": "new", "owner_id": str(ana)}
    changed |= {"account_id": str(acme), "territory": None, "pii": None, "key_id": None}
    house.run(lambda uow: commands.store_leads(uow, [changed]))
    told(house, "upsell_lead", jane, ana)
    assert inbox(house, ana) == []
    assert [item.alert.kind for item in inbox(house, eva)] == ["upsell_lead"]


def test_an_account_at_risk_has_its_name_and_its_page(house: House) -> None:
    eva = house.person("eva", "account_manager")
    acme = account(house, "ACME", eva)
    told(house, "at_risk_account", acme, eva)
    [item] = inbox(house, eva)
    assert (item.alert.subject, item.link) == ("ACME", f"/accounts/{acme}")


def event(lead: UUID, actor: str, **more: Any) -> dict[str, Any]:
    """A lead's event, as far as notices read it."""
    named = {"event_id": str(new_id()), "lead_id": str(lead), "actor": actor}
    return {**named, "occurred_at": millis(NOON), **more}


def test_whoever_is_given_a_lead_is_told_why_and_once(house: House) -> None:
    ana, max_ = house.person("ana", "rep"), house.person("max", "manager")
    given = event(house.lead("Jane", ana), f"user:{max_}", owner_id=str(ana), reason="Territory DACH.")
    for _ in range(2):
        house.run(lambda uow: commands.tell_assigned(uow, [given]))
    [item] = inbox(house, ana)
    assert (item.alert.summary, item.alert.severity) == ("assigned: Territory DACH.", "info")
    assert [alert.state for alert in alerts(house)] == ["resolved"]


def test_who_takes_a_lead_and_who_gives_it_to_the_queue_is_not_told(house: House) -> None:
    ana = house.person("ana", "rep")
    jane = house.lead("Jane", ana)
    for owner in (str(ana), None):
        taken = event(jane, f"user:{ana}", owner_id=owner, reason="Claimed.")
        house.run(partial(commands.tell_assigned, records=[taken]))
    assert inbox(house, ana) == []


def test_the_manager_of_the_account_is_told_of_a_conversion(house: House) -> None:
    ana, eva = house.person("ana", "rep"), house.person("eva", "account_manager")
    done = event(house.lead("Jane", ana), f"user:{ana}", owner_id=str(ana), account_owner_id=str(eva))
    house.run(lambda uow: commands.tell_converted(uow, [{**done, "path": "B", "follow_ons": []}]))
    assert inbox(house, ana) == []
    assert [item.alert.summary for item in inbox(house, eva)] == ["converted by path B"]


@pytest.mark.parametrize(
    ("path", "follow_ons", "told"),
    [("A", ["onboarding_task"], 1), ("A", ["welcome_mail"], 0), ("B", ["onboarding_task"], 0)],
)
def test_a_new_customer_is_handed_to_the_manager_whoever_converted_where_the_tenant_wants_it(
    house: House, path: str, follow_ons: list[str], told: int
) -> None:
    eva = house.person("eva", "account_manager")
    done = event(house.lead("Jane", eva), f"user:{eva}", owner_id=str(eva), account_owner_id=str(eva))
    for _ in range(2):
        house.run(
            lambda uow: commands.tell_converted(uow, [{**done, "path": path, "follow_ons": follow_ons}])
        )
    assert [item.alert.kind for item in inbox(house, eva)] == ["customer_onboarding"] * told
