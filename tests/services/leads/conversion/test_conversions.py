"""A conversion through the API and the answers of the other services, over a real database."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from uuid import UUID

import httpx
import pytest

from chassis.colleagues.table import keep_colleague
from services.leads import commands
from tests.colleagues import user_record
from tests.services.leads.conftest import ACME, Door, House
from tests.services.leads.conversion.conftest import Partners, convert, qualified


def test_a_qualified_lead_becomes_account_contact_and_opportunity(
    ana: httpx.Client, partners: Partners
) -> None:
    lead = qualified(ana)
    with partners.at_work():
        answer = convert(ana, lead, amount={"minor": 2_500_000, "currency": "EUR"})
    assert answer.status_code == 201, answer.text
    done = answer.json()
    assert (done["path"], done["state"], done["unmapped"]) == ("A", "done", ["company_size"])
    now = ana.get(f"/api/leads/{lead['id']}").json()
    assert (now["status"], now["converted_to_account"]) == ("converted", done["account_id"])
    assert now["converted_to_opportunity"] == done["opportunity_id"]
    [wanted] = partners.told("ConversionOpportunityWanted")
    assert (wanted["title"], wanted["deal_type"]) == ("Initial Opportunity - ACME", "new_business")
    assert (wanted["amount_minor"], wanted["currency"], wanted["close_date"]) == (
        2500000,
        "EUR",
        "2026-05-31",
    )
    [converted] = partners.told("LeadConverted")
    assert converted["conversion_id"] == done["conversion_id"]
    assert [record["status"] for record in partners.told("LeadStatusChanged")] == ["qualified", "converted"]


def test_versions_of_a_lead_rise_by_one_with_every_event_of_its_conversion(
    ana: httpx.Client, partners: Partners
) -> None:
    lead = qualified(ana)
    with partners.at_work():
        convert(ana, lead)
    versions = [r["version"] for _, r, _ in partners.house.published() if r.get("lead_id") == lead["id"]]
    assert versions == list(range(1, len(versions) + 1))


def test_the_same_command_twice_is_the_same_conversion(ana: httpx.Client, partners: Partners) -> None:
    lead = qualified(ana)
    with partners.at_work():
        first, again = convert(ana, lead), convert(ana, lead)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert len(partners.told("ConversionStarted")) == 1


def test_fifty_equal_commands_at_once_convert_once(door: Door, ana: httpx.Client, partners: Partners) -> None:
    lead = qualified(ana)
    with partners.at_work(), ThreadPoolExecutor(10) as pool, door.client() as client:
        answers = list(pool.map(lambda _: convert(client, lead), range(50)))
    assert {answer.status_code for answer in answers} <= {201, 202}
    assert len({answer.json()["conversion_id"] for answer in answers}) == 1
    assert len(partners.told("ConversionStarted")) == len(partners.told("LeadConverted")) == 1


def test_another_command_under_the_same_key_is_refused(ana: httpx.Client, partners: Partners) -> None:
    lead = qualified(ana)
    with partners.at_work():
        convert(ana, lead)
        assert convert(ana, lead, create_opportunity=False).status_code == 422


def test_a_conversion_that_takes_longer_says_where_to_look(ana: httpx.Client, partners: Partners) -> None:
    lead = qualified(ana)
    late = convert(ana, lead)
    assert late.status_code == 202
    partners.answer_all()
    partners.answer_all()
    assert ana.get(late.headers["location"]).json()["state"] == "done"
    assert convert(ana, lead).status_code == 201


def test_nothing_else_moves_a_lead_that_is_being_converted(ana: httpx.Client, partners: Partners) -> None:
    lead = qualified(ana)
    under_way = convert(ana, lead).json()["conversion_id"]
    moved = ana.post(f"/api/leads/{lead['id']}/status", json={"status": "new"})
    assert (moved.status_code, moved.json()["conversion_id"]) == (409, under_way)
    other = convert(ana, lead, key="second")
    assert (other.status_code, other.json()["conversion_id"]) == (409, under_way)


@pytest.mark.parametrize("step", ["account", "opportunity"])
def test_a_refused_step_leaves_nothing_and_the_lead_can_be_converted_again(
    ana: httpx.Client, partners: Partners, step: str
) -> None:
    lead = qualified(ana)
    partners.refuse = step
    with partners.at_work():
        refused = convert(ana, lead)
    assert refused.status_code == 409
    assert (refused.json()["code"], refused.json()["detail"]) == ("not_possible", "We cannot.")
    assert len(partners.told("ConversionFailed")) == 1
    assert ana.get(f"/api/leads/{lead['id']}").json()["status"] == "qualified"
    partners.refuse = ""
    with partners.at_work():
        assert convert(ana, lead, key="second").status_code == 201
        assert convert(ana, lead).status_code == 409, "the first command stays refused"


def test_answers_that_come_again_or_late_change_nothing(ana: httpx.Client, partners: Partners) -> None:
    lead = qualified(ana)
    with partners.at_work():
        convert(ana, lead)
    before = len(partners.house.published())
    for _ in range(2):
        for name, record in partners.asked:
            partners.answer(name, record)
    assert len(partners.house.published()) == before


@pytest.mark.parametrize("status", ["new", "contacted", "unqualified"])
def test_only_a_qualified_lead_can_be_converted_on_every_path(ana: httpx.Client, status: str) -> None:
    lead = ana.post("/api/leads", json={"first_name": "Jo"}).json()
    why = {"reason_code": "no_budget", "reason": "None."} if status == "unqualified" else {}
    ana.post(f"/api/leads/{lead['id']}/status", json={"status": status, **why})
    for command in ({}, {"account_id": str(UUID(int=5))}):
        answer = convert(ana, lead, **command)
        assert (answer.status_code, answer.json()["allowed"]) == (409, ["qualified"])


def test_a_manager_gives_up_a_conversion_that_hangs(
    door: Door, ana: httpx.Client, partners: Partners
) -> None:
    for person in (user_record(ACME, "max", "manager"), user_record(ACME, "ana", "rep", manager="max")):
        partners.house.run(partial(keep_colleague, record=person))
    lead = qualified(ana)
    id = convert(ana, lead).json()["conversion_id"]
    path, why = f"/api/leads/conversions/{id}/cancel", {"reason": "Accounts is away."}
    assert ana.post(path, json=why).status_code == 403
    with door.client("max", "manager") as max_:
        assert max_.post(path, json=why).json()["state"] == "failed"
        assert max_.post(path, json=why).status_code == 409
    partners.answer_all()
    assert ana.get(f"/api/leads/{lead['id']}").json()["status"] == "qualified"


def test_what_is_mapped_of_a_person_travels_sealed_with_the_person(
    ana: httpx.Client, house: House, partners: Partners
) -> None:
    lead = qualified(ana, description="Jo wants 12 trucks.")
    with partners.at_work():
        convert(ana, lead)
    [told] = partners.told("ConversionStarted")
    assert told["mapped"] == {}
    person = house.run(lambda uow: house.vault.open(uow, told["pii"], told["key_id"]))
    assert person["attributes"] == {"region": "Wien", "description": "Jo wants 12 trucks."}


def test_a_tenant_that_wants_it_converts_what_becomes_qualified(
    ana: httpx.Client, ada: httpx.Client, house: House, partners: Partners
) -> None:
    path = "/api/leads/settings/conversion"
    settings = ada.get(path).json()
    assert (settings["auto_convert"], settings["close_days"]) == (False, 90)
    settings |= {"auto_convert": True, "amounts": {"enterprise": 5_000_000}, "follow_ons": []}
    ada.put(path, json=settings, headers={"if-match": '"0"'}).raise_for_status()
    lead = qualified(ana)
    [moved] = partners.told("LeadStatusChanged")
    for _ in range(2):
        house.run(lambda uow: commands.lead_qualified(uow, house.vault, moved))
    partners.answer_all()
    partners.answer_all()
    [converted] = ana.get("/api/leads/conversions", params={"lead_id": lead["id"]}).json()["items"]
    assert (converted["state"], converted["score"]["score"]) == ("done", 55)
    [wanted] = partners.told("ConversionOpportunityWanted")
    assert (wanted["amount_minor"], wanted["currency"]) == (5_000_000, "EUR")
    [told] = partners.told("LeadConverted")
    assert told["follow_ons"] == []


def test_a_conversion_without_a_key_or_with_odd_money_is_refused(ana: httpx.Client) -> None:
    lead = qualified(ana)
    assert ana.post(f"/api/leads/{lead['id']}/convert", json={}).status_code == 400
    for amount in (
        {"minor": -1, "currency": "EUR"},
        {"minor": 1.5, "currency": "EUR"},
        {"minor": 10**30, "currency": "EUR"},
        {"minor": "1", "currency": "EUR"},
        {"minor": 10**15 + 1, "currency": "EUR"},
        {"minor": True, "currency": "EUR"},
        {"minor": 1, "currency": "eur"},
        {"minor": 1, "currency": "XXX"},
        {"minor": 1, "currency": "XAU"},
        {"minor": 1, "currency": "€"},
        {"minor": 1, "currency": 978},
        {"minor": 1},
        {"currency": "EUR"},
    ):
        assert convert(ana, lead, amount=amount).status_code == 422, amount
    for close in ("2026-02-30", "24:00", "9999-13-01", 5):
        assert convert(ana, lead, close_date=close).status_code == 422, close
    assert ana.get("/api/leads/conversions").json()["items"] == []


def test_a_tenant_converts_into_no_currency_that_is_none(ada: httpx.Client) -> None:
    path = "/api/leads/settings/conversion"
    settings = ada.get(path).json()
    for currency in ("XXX", "XAU", "eur", "EURO", ""):
        refused = ada.put(path, json=settings | {"currency": currency}, headers={"if-match": '"0"'})
        assert refused.status_code == 422, currency
        assert [error["pointer"] for error in refused.json()["errors"]] == ["#/currency"]


def test_another_tenant_sees_and_converts_nothing(ana: httpx.Client, door: Door, partners: Partners) -> None:
    lead = qualified(ana)
    with partners.at_work():
        done = convert(ana, lead).json()
    with door.client(tenant=UUID(int=9)) as stranger:
        assert convert(stranger, lead).status_code == 404
        assert stranger.get(f"/api/leads/conversions/{done['conversion_id']}").status_code == 404
        assert stranger.get("/api/leads/conversions").json()["items"] == []
    assert UUID(int=9) != ACME
