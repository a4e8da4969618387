"""Duplicates at the door: found before saving, judged by the tenant's policy, decided by people, logged."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select

from chassis.db import insert_plain
from chassis.ids import new_id, user_id
from services.leads import matching
from services.leads.commands.duplicates import index_rows
from services.leads.models import DuplicateDecision
from tests.services.leads.conftest import ACME, GLOBEX, Door, House

LEADS = "/api/leads"
JO = {
    "first_name": "Jo",
    "last_name": "Doe",
    "company": "Acme GmbH",
    "email": "jo@acme.example",
    "phone": "+4930123456",
}
POLICIES = f"{LEADS}/duplicate-policies"


def created(client: httpx.Client, **fields: Any) -> dict[str, Any]:
    """A lead as the API answers it."""
    answer = client.post(LEADS, json=fields or JO)
    assert answer.status_code == 201, answer.text
    lead: dict[str, Any] = answer.json()
    return lead


def decide(admin: httpx.Client, **policies: Any) -> None:
    """The tenant's policies from now on."""
    tag = admin.get(POLICIES).headers["etag"]
    answer = admin.put(POLICIES, json=policies, headers={"if-match": tag})
    assert answer.status_code == 200, answer.text


def found(client: httpx.Client, **draft: Any) -> list[tuple[str, list[str]]]:
    """Who may be the same as a draft: object and reasons."""
    answer = client.post(f"{LEADS}/duplicates", json=draft)
    assert answer.status_code == 200, answer.text
    return [(one["object"], one["reasons"]) for one in answer.json()["candidates"]]


def account(house: House, name: str, domain: str | None = None) -> str:
    """An account that the index knows."""
    id = new_id()
    profile = matching.account(name, domain)
    house.run(lambda uow: insert_plain(uow.session, index_rows(ACME, id, profile, id)))
    return str(id)


@pytest.mark.parametrize(
    ("draft", "reasons"),
    [
        ({"email": " JO@acme.EXAMPLE"}, ["email", "domain"]),
        ({"phone": "030 123456", "country": "DE"}, ["phone"]),
        ({"company": "ACME AG"}, ["company"]),
        ({"company": "acme", "email": "max@acme.example"}, ["domain_and_company"]),
        ({"first_name": "Joe", "last_name": "Doe"}, ["name"]),
        ({"first_name": "Doe", "last_name": "Jö"}, ["name"]),
        (JO, ["email", "phone", "domain_and_company", "name"]),
    ],
)
def test_a_lead_is_found_by_each_reason(ana: httpx.Client, draft: dict[str, Any], reasons: list[str]) -> None:
    created(ana)
    created(ana, first_name="Maria", company="Globex", email="maria@gmail.com")
    assert found(ana, **draft) == [("lead", reasons)]


def test_who_is_like_nobody_has_no_candidates(ana: httpx.Client) -> None:
    created(ana, email="jo@gmail.com", company="Acme")
    assert found(ana, email="max@gmail.com", company="Initech", first_name="Zoe") == []
    assert found(ana) == []


def test_accounts_are_found_by_name_and_domain(ana: httpx.Client, house: House) -> None:
    account(house, "Acme Inc.", "acme.example")
    assert found(ana, company="ACME GmbH") == [("account", ["company"])]
    assert found(ana, email="zoe@acme.example") == [("account", ["domain"])]
    assert found(ana, company="Acmee") == [("account", ["name"])]


def test_a_changed_lead_is_found_by_what_it_is_now(ana: httpx.Client) -> None:
    lead = created(ana)
    change = {"email": "jo@globex.example", "company": "Globex", "phone": None}
    answer = ana.patch(f"{LEADS}/{lead['id']}", json=change, headers={"if-match": '"1"'})
    assert answer.status_code == 200
    assert found(ana, email="jo@acme.example", phone="+4930123456", company="Acme") == []
    assert found(ana, email="jo@globex.example") == [("lead", ["email", "domain"])]
    own = ana.post(f"{LEADS}/duplicates", json={"email": "jo@globex.example", "lead_id": lead["id"]})
    assert own.json()["candidates"] == []


def test_suggested_by_default_and_kept_as_suspected(ana: httpx.Client) -> None:
    first = created(ana)
    assert (first["decision"], first["duplicates"]) == ("created", [])
    second = created(ana, email="jo@acme.example")
    assert second["decision"] == "suggested"
    (candidate,) = second["duplicates"]
    assert (candidate["object"], candidate["id"], candidate["reasons"]) == (
        "lead",
        first["id"],
        ["email", "domain"],
    )
    told = ana.get(f"{LEADS}/{second['id']}/duplicates").json()
    assert [(one["id"], one["state"]) for one in told["suspicions"]] == [(first["id"], "suspected")]
    assert [(one["decision"], one["way"], one["actor"]) for one in told["decisions"]] == [
        ("suggested", "api", f"user:{user_id(ACME, 'ana')}")
    ]
    assert ana.get(f"{LEADS}/{first['id']}/duplicates").json()["suspected_by"] == [second["id"]]


def test_blocked_is_409_with_the_candidates_and_logged(
    ana: httpx.Client, ada: httpx.Client, house: House
) -> None:
    first = created(ana)
    decide(ada, default={"action": "block"})
    answer = ana.post(LEADS, json=JO)
    assert (answer.status_code, answer.headers["content-type"]) == (409, "application/problem+json")
    assert [one["id"] for one in answer.json()["candidates"]] == [first["id"]]
    assert len(ana.get(LEADS).json()["items"]) == 1
    with house.database.unit_of_work(ACME, "system:test") as uow:
        log = uow.session.scalars(select(DuplicateDecision)).all()
    assert [(row.decision, row.lead_id, row.candidates[0]["id"]) for row in log] == [
        ("blocked", None, first["id"])
    ]
    assert ana.post(LEADS, json={**JO, "duplicates": "create_anyway"}).json()["decision"] == "created_anyway"
    decide(ada, default={"action": "block", "override": False})
    assert ana.post(LEADS, json={**JO, "duplicates": "create_anyway"}).status_code == 409


def test_each_source_can_have_its_own_policy(ana: httpx.Client, ada: httpx.Client) -> None:
    decide(
        ada,
        sources={"web_form": {"action": "block"}, "referral": {"action": "create_anyway", "threshold": 90}},
    )
    created(ana)
    assert ana.post(LEADS, json={**JO, "lead_source": "web_form"}).status_code == 409
    assert ana.post(LEADS, json={**JO, "lead_source": "referral"}).json()["decision"] == "created_anyway"
    assert (
        ana.post(LEADS, json={"company": "Acme", "lead_source": "web_form"}).json()["decision"] == "created"
    )


def test_link_completes_the_lead_that_it_is(ana: httpx.Client, ada: httpx.Client, house: House) -> None:
    first = created(ana, email="jo@acme.example", company="Acme")
    decide(ada, default={"action": "link"})
    answer = ana.post(LEADS, json={**JO, "company": "Other", "job_title": "CTO"})
    assert (answer.status_code, answer.json()["decision"]) == (200, "updated")
    lead = answer.json()
    assert (lead["id"], lead["company"], lead["job_title"]) == (first["id"], "Acme", "CTO")
    assert [record["changed"] for kind, record, _ in house.published() if kind == "LeadChanged"] == [
        ["first_name", "last_name", "job_title", "phone"]
    ]
    assert len(ana.get(LEADS).json()["items"]) == 1


def test_link_gives_a_new_lead_to_the_account(ana: httpx.Client, ada: httpx.Client, house: House) -> None:
    acme = account(house, "Acme", "acme.example")
    decide(ada, default={"action": "link"})
    lead = created(ana)
    assert (lead["account_id"], lead["decision"]) == (acme, "linked")
    (suspicion,) = ana.get(f"{LEADS}/{lead['id']}/duplicates").json()["suspicions"]
    assert (suspicion["id"], suspicion["state"]) == (acme, "linked")


def test_a_person_decides_about_a_suspicion(ana: httpx.Client, house: House) -> None:
    acme = account(house, "Acme", "acme.example")
    first, second = created(ana), created(ana)
    path = f"{LEADS}/{second['id']}/duplicates"
    ana.post(f"{path}/{first['id']}", json={"decision": "not_duplicate"})
    for _ in range(2):
        told = ana.post(f"{path}/{acme}", json={"decision": "link"}).json()
    assert {one["id"]: one["state"] for one in told["suspicions"]} == {
        first["id"]: "not_duplicate",
        acme: "linked",
    }
    assert [one["decision"] for one in told["decisions"]] == ["linked", "not_duplicate", "suggested"]
    assert ana.get(f"{LEADS}/{second['id']}").json()["account_id"] == acme
    assert ana.get(f"{LEADS}/{first['id']}/duplicates").json()["suspected_by"] == []
    changed = [record for kind, record, _ in house.published() if kind == "LeadChanged"]
    assert [(one["changed"], one["account_id"]) for one in changed] == [(["account_id"], acme)]
    assert ana.post(f"{path}/{uuid4()}", json={"decision": "link"}).status_code == 404
    assert ana.post(f"{path}/{acme}", json={"decision": "merge"}).status_code == 422


def test_of_twenty_at_once_exactly_one_has_no_candidate(ana: httpx.Client) -> None:
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: ana.post(LEADS, json={"email": "jo@acme.example"}), range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert sorted(len(answer.json()["duplicates"]) for answer in answers) == list(range(20))


def test_of_twenty_at_once_exactly_one_passes_a_block(ana: httpx.Client, ada: httpx.Client) -> None:
    decide(ada, default={"action": "block"})
    with ThreadPoolExecutor(20) as pool:
        drafts = [{"phone": "+4930123456", "email": f"jo{n % 2}@acme.example"} for n in range(20)]
        answers = list(pool.map(lambda draft: ana.post(LEADS, json=draft), drafts))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19
    assert len(ana.get(LEADS).json()["items"]) == 1


WRONG: list[dict[str, Any]] = [
    {"default": {"threshold": 0}},
    {"default": {"action": "merge"}},
    {"sources": {"": {}}},
    {"x": 1},
]


def test_policies_are_the_tenants_own(ana: httpx.Client, ada: httpx.Client, door: Door) -> None:
    assert ana.get(POLICIES).json() == {
        "default": {"action": "suggest", "threshold": 50, "override": True}, "sources": {}
    }  # fmt: skip
    assert ana.put(POLICIES, json={}, headers={"if-match": '"0"'}).status_code == 403
    assert ada.put(POLICIES, json={}).status_code == 428
    for wrong in WRONG:
        assert ada.put(POLICIES, json=wrong, headers={"if-match": '"0"'}).status_code == 422, wrong
    decide(ada, default={"action": "block"})
    assert ada.put(POLICIES, json={}, headers={"if-match": '"0"'}).status_code == 412
    with door.client("ada", "admin", tenant=GLOBEX) as other:
        assert other.get(POLICIES).json()["default"]["action"] == "suggest"


def test_globex_finds_nobody_of_acme(ana: httpx.Client, door: Door) -> None:
    lead = created(ana)
    with door.client("ana", tenant=GLOBEX) as other:
        assert found(other, **JO) == []
        assert created(other)["decision"] == "created"
        assert other.get(f"{LEADS}/{lead['id']}/duplicates").status_code == 404
        settled = other.post(f"{LEADS}/{lead['id']}/duplicates/{lead['id']}", json={"decision": "link"})
        assert settled.status_code == 404
