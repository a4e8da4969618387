"""How a lead comes in: from an account, with what marketing knows of it, reached by e-mail and phone."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.leads import commands
from tests.services.leads.conftest import ACME, GLOBEX, House
from tests.services.leads.test_api import LEADS, created, said

SETTING = f"{LEADS}/settings/response"


def told(house: House, kind: str) -> list[dict[str, Any]]:
    """The events of a kind, in order."""
    return [record for name, record, _ in house.published() if name == kind]


def account(house: House, *, closed: bool = False, tenant: UUID = ACME) -> str:
    """An account that the accounts service has told of."""
    id = str(uuid4())
    record = {"account_id": id, "version": 1, "closed": closed, "owner_id": None}
    house.run(lambda uow: commands.store_accounts(uow, [record]), tenant)
    return id


def test_a_lead_of_an_account_is_an_upsell_unless_somebody_says_otherwise(
    ana: httpx.Client, house: House
) -> None:
    acme = account(house)
    lead = created(ana, company="ACME", account_id=acme)
    assert (lead["account_id"], lead["lead_source"]) == (acme, "upsell")
    renewal = created(ana, company="ACME", account_id=acme, lead_source="renewal")
    assert renewal["lead_source"] == "renewal"
    assert [event["account_id"] for event in told(house, "LeadCreated")] == [acme, acme]


def test_a_lead_is_of_no_account_that_is_closed_unknown_or_anothers(ana: httpx.Client, house: House) -> None:
    wrong = [account(house, closed=True), account(house, tenant=GLOBEX), str(uuid4())]
    for id in wrong:
        assert said(ana.post(LEADS, json={"company": "ACME", "account_id": id})) == (422, ["#/account_id"])
    acme = account(house)
    items = [{"company": name, "account_id": id} for name, id in zip("ABCD", [*wrong, acme], strict=True)]
    told_of = ana.post(f"{LEADS}/bulk", json={"items": items}).json()["items"]
    assert [item["result"] for item in told_of] == ["invalid"] * 3 + ["created"]
    assert told_of[1]["errors"][0]["pointer"] == "#/items/1/account_id"
    (event,) = told(house, "LeadCreated")
    assert event["account_id"] == acme


def test_what_marketing_knows_is_kept_and_told(ana: httpx.Client, house: House) -> None:
    brought = {"channel": "paid_search", "campaign": "spring", "referrer": "https://search.example/?q=crm"}
    lead = created(ana, company="ACME", utm={"source": "ads"}, **brought)
    assert {name: lead[name] for name in brought} == brought
    (event,) = told(house, "LeadCreated")
    assert (event["channel"], event["campaign"], event["archived"]) == ("paid_search", "spring", False)


def test_an_answer_is_due_within_the_tenants_time(ana: httpx.Client, ada: httpx.Client, house: House) -> None:
    assert created(ana)["respond_by"] == "2026-03-03T12:00:00Z"
    seen = ana.get(SETTING)
    assert seen.json() == {"home_country": None, "respond_within_seconds": 86_400}
    body = {"respond_within_seconds": 300}
    assert ada.put(SETTING, json=body).status_code == 428
    assert ana.put(SETTING, json=body, headers={"if-match": seen.headers["etag"]}).status_code == 403
    answer = ada.put(SETTING, json=body, headers={"if-match": seen.headers["etag"]})
    assert (answer.status_code, answer.headers["etag"]) == (200, '"1"')
    assert ada.put(SETTING, json=body, headers={"if-match": seen.headers["etag"]}).status_code == 412
    assert created(ana)["respond_by"] == "2026-03-02T12:05:00Z"
    due = [event["respond_by"] - event["created_at"] for event in told(house, "LeadCreated")]
    assert due == [86_400_000, 300_000]


PHONES = [
    ("030 123456", None, None),
    ("030 123456", "DE", "+4930123456"),
    ("030 123456 ext. 7", "DE", "+4930123456"),
    ("٠٣٠ ١٢٣٤٥٦", "DE", "+4930123456"),
    ("+49 (0)30 / 123456", None, "+4930123456"),
    ("1-800-FLOWERS", "US", "+18003569377"),
    ("call me", "DE", None),
    ("1", "DE", None),
]


@pytest.mark.parametrize(("raw", "country", "normal"), PHONES)
def test_a_phone_number_is_kept_as_written_and_understood_where_possible(
    ana: httpx.Client, raw: str, country: str | None, normal: str | None
) -> None:
    lead = created(ana, phone=raw, country=country)
    assert (lead["phone"], lead["phone_e164"], lead["phone_unclear"]) == (raw, normal, normal is None)


def test_a_phone_number_without_country_is_one_of_the_tenants_country(
    ana: httpx.Client, ada: httpx.Client
) -> None:
    lead = created(ana, phone="030 123456")
    ada.put(SETTING, json={"home_country": "DE"}, headers={"if-match": '"0"'})
    assert created(ana, phone="030 123456")["phone_e164"] == "+4930123456"
    assert created(ana, phone="01 5876543", country="AT")["phone_e164"] == "+4315876543"
    path = f"{LEADS}/{lead['id']}"
    changed = ana.patch(path, json={"job_title": "CTO"}, headers={"if-match": '"1"'}).json()
    assert (changed["phone_e164"], changed["phone_unclear"]) == ("+4930123456", False)


EMAILS = [
    ("Jo.Doe@ACME.example", "jo.doe@acme.example"),
    ("jo+news@acme.example", "jo+news@acme.example"),
    ("jo@acme.example.", "jo@acme.example"),
    ("jörg@MÜLLER.example", "jörg@xn--mller-kva.example"),
    ('"jo doe"@acme.example', '"jo doe"@acme.example'),
    ("jo@\u0430cme.example", "jo@xn--cme-5cd.example"),
]


@pytest.mark.parametrize(("raw", "normal"), EMAILS)
def test_an_address_is_kept_as_written_and_matched_by_its_normal_form(
    ana: httpx.Client, raw: str, normal: str
) -> None:
    assert created(ana, email=raw)["email"] == raw
    assert len(ana.get(LEADS, params={"email": normal}).json()["items"]) == 1


NO_EMAILS = ["jo", "jo@", "@acme.example", "jo@acme", "jo@acme..example", "jo\u202e@acme.example"]
NO_EMAILS += ["jo doe@acme.example", "a@b@acme.example", f"{'x' * 310}@a.example", "jo@[127.0.0.1]", ""]


@pytest.mark.parametrize("raw", NO_EMAILS)
def test_what_no_mail_can_reach_is_refused(ana: httpx.Client, raw: str) -> None:
    assert said(ana.post(LEADS, json={"email": raw})) == (422, ["#/email"])


@pytest.mark.parametrize("code", ["XX", "de", "DEU", "", "ZZ"])
def test_what_is_no_country_is_refused(ana: httpx.Client, code: str) -> None:
    assert said(ana.post(LEADS, json={"country": code})) == (422, ["#/country"])


READ_ONLY = ["id", "tenant_id", "score", "status", "owner_id", "created_at", "version", "territory"]
READ_ONLY += ["archived", "respond_by", "first_contacted_at", "conversion_id", "email_hash", "phone_e164"]


@pytest.mark.parametrize("name", READ_ONLY)
def test_nobody_says_what_the_system_finds_out(ana: httpx.Client, name: str) -> None:
    assert said(ana.post(LEADS, json={name: None})) == (422, [f"#/{name}"])
    lead = created(ana)
    answer = ana.patch(f"{LEADS}/{lead['id']}", json={name: None}, headers={"if-match": '"1"'})
    assert said(answer) == (422, [f"#/{name}"])
