"""The sale through every service: each way in which a lead becomes a customer, and in which it does not."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from chassis.ids import tenant_id, user_id
from cli.api import Api, Json
from tests.world import World, eventually

EVA = str(user_id(tenant_id("acme"), "eva"))
AMOUNT = {"minor": 1_250_000, "currency": "EUR"}
FULL = {"last_name": "Okafor", "phone": "+4930901820", "industry": "technology", "company_size": "enterprise"}


@pytest.fixture
def ada(world: World) -> Iterator[Api]:
    """Somebody who may do everything, so that a test is about the sale and not about who sees what."""
    with world.user("ada") as api:
        yield api


def qualified(world: World, api: Api, **fields: Any) -> Json:
    """A new lead of a company of its own, qualified by hand."""
    mark = uuid.uuid4().hex[:8]
    company = {"company": f"Initech {mark}", "email": f"hana@initech-{mark}.example"}
    lead = world.lead(api, **{**company, **fields})
    api.post(f"/api/leads/{lead['id']}/status", {"status": "qualified"})
    return lead


def convert(api: Api, lead: Json, key: str | None = None, **body: Any) -> Json:
    """The conversion of a lead at its end."""
    begun = api.post(f"/api/leads/{lead['id']}/convert", body, key=key or uuid.uuid4().hex)
    path = f"/api/leads/conversions/{begun['conversion_id']}"
    return eventually(lambda: api.get(path), lambda now: now["state"] in ("done", "failed"), 60)


def refusal(api: Api, lead: Json, **body: Any) -> Json:
    """The problem that a conversion is answered with."""
    answer = api.http.post(
        f"/api/leads/{lead['id']}/convert", json=body, headers={"idempotency-key": uuid.uuid4().hex}
    )
    assert (answer.status_code, answer.headers["content-type"]) == (409, "application/problem+json"), (
        answer.text
    )
    problem: Json = answer.json()
    return problem


def customer(world: World, api: Api) -> Json:
    """A conversion that made an account, by path A and without a deal."""
    return convert(api, qualified(world, api), create_opportunity=False)


def health(api: Api, account: str, value: int) -> Json:
    """The account's health once it is that."""
    page = f"/api/accounts/{account}/health"
    return eventually(lambda: api.get(page), lambda found: found["value"] == value, 60)


def rules(told: Json) -> list[str]:
    """What moved a health, in its order."""
    return [line["rule"] for line in told["contributions"]]


def move(api: Api, deal: str | None, stage: str, **why: str) -> Json:
    """A deal in another stage."""
    return api.post(f"/api/opportunities/{deal}/stage", {"stage": stage, **why})


def contacts(api: Api, account: str) -> list[Json]:
    """People of an account."""
    return list(api.items(f"/api/accounts/{account}/contacts"))


@contextmanager
def paused(world: World, name: str) -> Iterator[None]:
    """A process of the system stands still for the block."""
    process = next(program.process for program in world.system.programs() if program.name == name).running()
    assert process is not None
    process.suspend()
    try:
        yield
    finally:
        process.resume()


def test_a_lead_without_an_account_becomes_account_contact_and_deal(world: World, ada: Api) -> None:
    lead = qualified(world, ada, **FULL)
    done = convert(ada, lead, amount=AMOUNT)
    account = ada.get(f"/api/accounts/{done['account_id']}")
    deal = ada.get(f"/api/opportunities/{done['opportunity_id']}")
    (contact,) = contacts(ada, account["id"])
    assert (done["path"], done["state"]) == ("A", "done")
    assert (account["name"], account["tier"], account["industry"]) == (
        lead["company"],
        "growth",
        "technology",
    )
    assert (account["origin_lead_id"], account["conversion_id"]) == (lead["id"], done["conversion_id"])
    assert (contact["id"], contact["email"], contact["primary"]) == (done["contact_id"], lead["email"], True)
    assert deal["title"] == f"Initial Opportunity - {lead['company']}"
    assert (deal["stage"], deal["probability"], deal["type"]) == ("prospecting", 10, "new_business")
    assert (deal["amount"], deal["weighted"]["minor"]) == (AMOUNT, 125_000)
    assert date.fromisoformat(deal["close_date"]) == datetime.fromisoformat(
        done["started_at"]
    ).date() + timedelta(90)
    converted = ada.get(f"/api/leads/{lead['id']}")
    assert (converted["status"], converted["score"]) == ("converted", 55)
    assert converted["converted_to_account"] == account["id"]
    assert converted["converted_to_opportunity"] == deal["id"]


def test_own_fields_of_a_lead_go_where_they_are_mapped_and_others_are_named(world: World, ada: Api) -> None:
    fields = {"fleet": {"label": "Fleet", "type": "number"}, "born": {"label": "Born", "type": "date"}}
    fields["vip"] = {"label": "VIP", "type": "boolean"}
    ada.change("PUT", "/api/leads/settings/custom-fields", {"custom_fields": fields})
    page = "/api/leads/settings/conversion"
    known = ada.get(page)
    mapping = known["mapping"] | {
        "custom.fleet": "account.attributes.trucks",
        "custom.vip": "contact.attributes.vip",
        "region": "opportunity.attributes.region",
    }
    ada.change("PUT", page, known | {"mapping": mapping})
    lead = qualified(world, ada, region="Wien", custom={"fleet": 40, "born": "1988-02-29", "vip": True})
    done = convert(ada, lead)
    ada.change("PUT", page, known)
    assert (done["path"], done["unmapped"]) == ("A", ["custom.born"])
    account = ada.get(f"/api/accounts/{done['account_id']}")
    (contact,) = contacts(ada, account["id"])
    assert (account["custom"], contact["attributes"]) == ({"trucks": "40"}, {"vip": "true"})
    deal = f"/api/opportunities/{done['opportunity_id']}"
    assert eventually(lambda: ada.get(deal)["attributes"], bool) == {"region": "Wien"}
    assert ada.get(f"/api/leads/{lead['id']}")["custom"] == lead["custom"]


def test_an_account_without_a_deal_is_no_worse_a_customer(world: World, ada: Api) -> None:
    lead = qualified(world, ada)
    done = convert(ada, lead, create_opportunity=False)
    assert (done["state"], done["opportunity_id"]) == ("done", None)
    converted = ada.get(f"/api/leads/{lead['id']}")
    assert (converted["status"], converted["converted_to_opportunity"]) == ("converted", None)
    assert list(ada.items("/api/opportunities", account_id=done["account_id"])) == []
    assert ada.get(f"/api/accounts/{done['account_id']}")["health"] == 50


def test_a_deal_makes_its_account_healthier_and_a_won_one_more(world: World, ada: Api) -> None:
    done = convert(ada, qualified(world, ada), amount=AMOUNT)
    assert rules(health(ada, done["account_id"], 55)) == ["opportunity_opened"]
    move(ada, done["opportunity_id"], "closed_won")
    assert rules(health(ada, done["account_id"], 65)) == ["opportunity_opened", "deal_won"]


def test_a_lost_deal_needs_a_reason_and_costs_health(world: World, ada: Api) -> None:
    done = convert(ada, qualified(world, ada), amount=AMOUNT)
    path = f"/api/opportunities/{done['opportunity_id']}/stage"
    assert ada.http.post(path, json={"stage": "closed_lost"}).status_code == 422
    why = {"reason_code": "price", "reason": "Too dear.", "competitor": "Globex"}
    lost = move(ada, done["opportunity_id"], "closed_lost", **why)
    assert (lost["outcome"], lost["weighted"]["minor"], lost["competitor"]) == ("lost", 0, "Globex")
    health(ada, done["account_id"], 45)


def test_the_timeline_tells_what_the_lead_did_before_it_was_a_customer(world: World, ada: Api) -> None:
    lead = qualified(world, ada)
    done = convert(ada, lead)
    path = f"/api/accounts/{done['account_id']}/timeline"
    told = eventually(
        lambda: [entry for entry in ada.items(path) if entry["lead_id"] == lead["id"]],
        lambda entries: (
            {"lead_created", "lead_status_changed", "lead_converted"} <= {e["type"] for e in entries}
        ),
        60,
    )
    begun = datetime.fromisoformat(done["started_at"])
    before = {entry["type"] for entry in told if datetime.fromisoformat(entry["at"]) < begun}
    assert {"lead_created", "lead_status_changed"} <= before
    assert "lead_converted" not in before
    assert "qualified" in {entry["what"].get("status") for entry in told}


def test_a_new_lead_from_an_account_sells_it_more(world: World, ada: Api) -> None:
    account = customer(world, ada)["account_id"]
    page = f"/api/accounts/{account}"
    ada.change("PATCH", page, {"owner_id": EVA})
    (contact,) = contacts(ada, account)
    draft = ada.get(f"{page}/lead-draft", source="upsell")
    assert (draft["account_id"], draft["lead_source"], draft["email"]) == (
        account,
        "upsell",
        contact["email"],
    )
    lead = ada.post("/api/leads", draft)
    ada.post(f"/api/leads/{lead['id']}/status", {"status": "qualified"})
    health(ada, account, 60)
    done = convert(ada, lead, amount=AMOUNT)
    deal = ada.get(f"/api/opportunities/{done['opportunity_id']}")
    assert (done["path"], done["account_id"], done["contact_id"]) == ("B", account, contact["id"])
    assert deal["type"] == "upsell"
    assert deal["title"].endswith(f" - {ada.get(page)['name']}")
    assert [one["id"] for one in contacts(ada, account)] == [contact["id"]]
    assert rules(health(ada, account, 65)) == ["upsell_qualified", "opportunity_opened"]
    with world.user("eva") as eva:
        told = eventually(lambda: notices(eva, lead), bool, 60)
    assert [(notice["kind"], notice["severity"]) for notice in told] == [("lead_converted", "info")]


def notices(api: Api, lead: Json) -> list[Json]:
    """What somebody's inbox tells of the conversion of a lead."""
    told = (item["alert"] for item in api.items("/api/notifications/inbox"))
    return [one for one in told if (one["kind"], one["subject_id"]) == ("lead_converted", lead["id"])]


def test_people_choose_account_contact_and_deal_that_are_there(world: World, ada: Api) -> None:
    known = convert(ada, qualified(world, ada), amount=AMOUNT)
    chosen = {name: known[name] for name in ("account_id", "contact_id", "opportunity_id")}
    lead = qualified(world, ada)
    done = convert(ada, lead, **chosen)
    assert (done["path"], done["state"]) == ("B", "done")
    assert {name: done[name] for name in chosen} == chosen
    assert len(contacts(ada, chosen["account_id"])) == 1
    deals = list(ada.items("/api/opportunities", account_id=chosen["account_id"]))
    assert [deal["id"] for deal in deals] == [chosen["opportunity_id"]]


def test_the_same_command_is_one_conversion(world: World, ada: Api) -> None:
    lead, key = qualified(world, ada), uuid.uuid4().hex
    first, second = (convert(ada, lead, key, amount=AMOUNT) for _ in range(2))
    assert first == second


def test_a_lead_that_is_not_qualified_cannot_be_converted(world: World, ada: Api) -> None:
    lead = world.lead(ada)
    assert refusal(ada, lead)["allowed"] == ["qualified"]
    assert ada.get(f"/api/leads/{lead['id']}")["status"] == "new"


def test_a_converted_lead_is_not_converted_again(world: World, ada: Api) -> None:
    lead = qualified(world, ada)
    done = convert(ada, lead)
    problem = refusal(ada, lead)
    assert (problem["conversion_id"], problem["allowed"]) == (done["conversion_id"], [])


def test_while_a_conversion_is_under_way_nothing_else_moves_the_lead(world: World, ada: Api) -> None:
    lead, key = qualified(world, ada), uuid.uuid4().hex
    path = f"/api/leads/{lead['id']}"
    with paused(world, "accounts-work"):
        waiting = ada.post(f"{path}/convert", {}, key=key)
        assert waiting["state"] == "account_wanted"
        assert refusal(ada, lead)["conversion_id"] == waiting["conversion_id"]
        assert ada.http.post(f"{path}/status", json={"status": "contacted"}).status_code == 409
    assert convert(ada, lead, key)["state"] == "done"


def test_a_closed_account_takes_no_lead(world: World, ada: Api) -> None:
    account = customer(world, ada)["account_id"]
    ada.post(f"/api/accounts/{account}/close")
    lead = qualified(world, ada)
    assert refusal(ada, lead, account_id=account)["code"] == "account_closed"
    assert ada.get(f"/api/leads/{lead['id']}")["status"] == "qualified"


def test_an_account_that_is_none_takes_no_lead(world: World, ada: Api) -> None:
    lead = qualified(world, ada)
    assert refusal(ada, lead, account_id=str(uuid.uuid4()))["code"] == "account_not_found"


def test_a_contact_of_another_account_is_refused(world: World, ada: Api) -> None:
    here, there = customer(world, ada), customer(world, ada)
    chosen = {"account_id": here["account_id"], "contact_id": there["contact_id"]}
    assert refusal(ada, qualified(world, ada), **chosen)["code"] == "contact_not_found"


def test_an_address_of_another_accounts_contact_is_refused_on_both_paths(world: World, ada: Api) -> None:
    here, there = customer(world, ada), customer(world, ada)
    (contact,) = contacts(ada, there["account_id"])
    lead = qualified(world, ada, email=contact["email"])
    for chosen in ({}, {"account_id": here["account_id"]}):
        assert refusal(ada, lead, **chosen)["code"] == "email_taken"


def test_a_deal_of_another_account_undoes_the_account_that_was_opened(world: World, ada: Api) -> None:
    other = convert(ada, qualified(world, ada), amount=AMOUNT)
    lead = qualified(world, ada)
    problem = refusal(ada, lead, opportunity_id=other["opportunity_id"])
    failed = ada.get(f"/api/leads/conversions/{problem['conversion_id']}")
    assert (problem["code"], failed["code"], failed["state"]) == ("wrong_account", "wrong_account", "failed")
    path = f"/api/accounts/{failed['account_id']}"
    eventually(lambda: ada.get(path)["closed_at"], bool, 60)
    assert contacts(ada, failed["account_id"]) == []
    assert ada.get(f"/api/opportunities/{other['opportunity_id']}")["outcome"] == "open"
    assert ada.get(f"/api/leads/{lead['id']}")["status"] == "qualified"
    again = convert(ada, lead, amount=AMOUNT)
    assert (again["state"], again["account_id"] != failed["account_id"]) == ("done", True)


def test_a_deal_of_another_account_leaves_a_chosen_account_as_it_was(world: World, ada: Api) -> None:
    other, known = convert(ada, qualified(world, ada)), customer(world, ada)
    chosen = {"account_id": known["account_id"], "opportunity_id": other["opportunity_id"]}
    assert refusal(ada, qualified(world, ada), **chosen)["code"] == "wrong_account"
    kept = [known["contact_id"]]
    path = known["account_id"]
    eventually(lambda: [one["id"] for one in contacts(ada, path)], lambda ids: ids == kept, 60)
    assert ada.get(f"/api/accounts/{path}")["closed_at"] is None
