"""What somebody did is shown to who may see the lead, and to nobody else (F107)."""

import uuid
from typing import Any

import psycopg

from chassis.ids import new_id, tenant_id, user_id
from tests.colleagues import user_record
from tests.services.engagement.conftest import track
from tests.services.engagement.door.conftest import Door, eventually

ACME = tenant_id("acme")
REP, MANAGER = user_id(ACME, "rep"), user_id(ACME, "manager")
BEN = user_id(ACME, "ben")
"""Of another team than everybody else here."""
EVERYBODY = ("rep", "manager", "account_manager", "marketing", "admin", "service")
WIDE = ("marketing", "admin", "service")


def visitor(door: Door, **lead: Any) -> uuid.UUID:
    """A lead who has asked for a demo."""
    email = f"hana.{uuid.uuid4().hex}@initech.example"
    id = door.lead(email, **{"owner_id": None, "territory": None, "account_id": None, **lead})
    assert door.send(door.write_key(), track(uuid.uuid4().hex, userId=email)).status_code == 202
    eventually(lambda: door.events(id))
    return id


def shown_to(door: Door, lead: uuid.UUID) -> list[str]:
    """Who is shown the events of a lead."""
    return [role for role in EVERYBODY if door.events(lead, role=role)]


def employ(door: Door, login: str, role: str, version: int = 1, **more: object) -> None:
    """Identity tells of a colleague; blocks until that is known."""
    record = user_record(ACME, login, role, **more) | {"version": version}
    door.tell("identity.user", "User", user_id=record.pop("user_id"), **record)
    query = f"SELECT 1 FROM colleagues WHERE login = '{login}' AND version = {version}"  # noqa: S608
    eventually(lambda: door.rows(query, ACME))


def test_a_rep_sees_what_the_own_leads_did_and_nothing_of_anothers(door: Door) -> None:
    mine, bens = visitor(door, owner_id=str(REP)), visitor(door, owner_id=str(BEN))
    assert shown_to(door, mine) == ["rep", *WIDE]
    assert shown_to(door, bens) == list(WIDE)


def test_a_lead_in_the_queue_is_shown_to_who_may_claim_it(door: Door) -> None:
    assert shown_to(door, visitor(door)) == ["rep", "manager", *WIDE]


def test_a_manager_sees_the_teams_leads_and_a_territory_is_seen_by_who_has_it(door: Door) -> None:
    employ(door, "manager", "manager", team="north")
    employ(door, "ana", "rep", team="north")
    employ(door, "account_manager", "account_manager", visibility="territory", territories=["dach"])
    anas = visitor(door, owner_id=str(user_id(ACME, "ana")), territory="dach")
    bens = visitor(door, owner_id=str(BEN), territory="dach")
    assert shown_to(door, anas) == ["manager", "account_manager", *WIDE]
    assert shown_to(door, bens) == ["account_manager", *WIDE]


def test_who_manages_an_account_sees_what_all_its_leads_did(door: Door) -> None:
    account, boss = str(new_id()), str(user_id(ACME, "account_manager"))
    told: dict[str, Any] = {
        "actor": "system:test",
        "created_at": 0,
        "account_name": "ACME GmbH",
        "tier": "growth",
    }
    told |= {"closed": False}
    door.tell("accounts.account", "AccountOpened", account_id=account, owner_id=boss, **told)
    eventually(lambda: door.rows(f"SELECT 1 FROM accounts WHERE id = '{account}'", ACME))  # noqa: S608
    linked = visitor(door, owner_id=str(BEN), account_id=account)
    assert shown_to(door, linked) == ["account_manager", *WIDE]
    converted = visitor(door, owner_id=str(BEN))
    end: dict[str, Any] = {"path": "B", "contact_id": str(new_id()), "conversion_id": str(new_id())}
    end |= {"opportunity_id": None}
    end |= {"account_id": account, "owner_id": str(BEN), "lead_source": "upsell", "score": 80}
    end |= {"follow_ons": [], "account_owner_id": boss, "actor": "system:test"}
    door.tell("leads.lead", "LeadConverted", lead_id=str(converted), version=2, **end)
    eventually(lambda: door.events(converted, role="account_manager"))
    assert shown_to(door, converted) == ["account_manager", *WIDE]


def test_a_lead_that_goes_to_somebody_else_takes_its_events_along(door: Door) -> None:
    lead = visitor(door, owner_id=str(BEN))
    assert door.events(lead, role="rep") == []
    moved: dict[str, Any] = {
        "status": "contacted",
        "previous": "new",
        "owner_id": str(REP),
        "actor": "system:test",
    }
    moved |= {"pinned": False, "seconds_in_previous": 1, "score": 40, "rules_version": 1}
    door.tell("leads.lead", "LeadStatusChanged", lead_id=str(lead), version=2, **moved)
    eventually(lambda: door.events(lead, role="rep"))


def test_what_waits_for_a_lead_is_shown_to_who_sees_every_lead(door: Door) -> None:
    name = uuid.uuid4().hex
    assert door.send(door.write_key(), track(name, anonymousId=name)).status_code == 202

    def waits(role: str) -> bool:
        items = door.call("GET", "/api/engagement/events?limit=200", role=role).json()["items"]
        return any(item["message_id"] == name for item in items)

    eventually(lambda: waits("marketing"))
    assert [role for role in EVERYBODY if waits(role)] == list(WIDE)


def test_a_lead_of_which_it_was_never_told_whose_it_is_is_in_nobodys_queue(door: Door) -> None:
    lead = visitor(door)
    with psycopg.connect(door.settings.database_url.get_secret_value()) as connection:
        connection.execute("SELECT set_config('app.tenant', %s, false)", [str(ACME)])
        connection.execute("UPDATE lead_emails SET owner_id = DEFAULT WHERE lead_id = %s", [lead])
    assert shown_to(door, lead) == list(WIDE)
