"""Many leads in one call: each has its own result, the same call again makes nothing new."""

from typing import Any

import httpx
import pytest
from sqlalchemy import event

from tests.services.leads.conftest import GLOBEX, Door, House
from tests.services.leads.matching.test_entry import LEADS, created, decide
from tests.services.leads.test_api import said

BULK = f"{LEADS}/bulk"


def sent(client: httpx.Client, *items: Any, **rest: Any) -> dict[str, Any]:
    """The results of a call."""
    answer = client.post(BULK, json={"items": items, **rest})
    assert answer.status_code == 200, answer.text
    results: dict[str, Any] = answer.json()
    return results


def many(count: int) -> list[dict[str, Any]]:
    """So many people who are not alike."""
    return [
        {
            "first_name": f"Lea{n:04}",
            "last_name": f"{n:04}Doe",
            "company": f"{n:04} Works",
            "email": f"lea{n}@w{n}.example",
        }
        for n in range(count)
    ]


def test_every_item_has_its_own_result(ana: httpx.Client, house: House) -> None:
    first = created(ana)
    results = sent(
        ana,
        {"email": "zoe@globex.example", "company": "Globex"},
        {"email": "no address", "score": 7},
        {"email": "jo@acme.example", "duplicates": "skip"},
        {"email": "jo@acme.example", "job_title": "CTO", "company": "ACME", "duplicates": "update"},
        {"email": "jo@acme.example"},
    )
    counts = {name: results[name] for name in ("created", "updated", "duplicate", "invalid")}
    assert counts == {"created": 2, "updated": 1, "duplicate": 1, "invalid": 1}
    assert [item["result"] for item in results["items"]] == [
        "created",
        "invalid",
        "duplicate",
        "updated",
        "created",
    ]
    bad, skipped, updated, again = results["items"][1:]
    assert {fault["pointer"] for fault in bad["errors"]} == {"#/items/1/email", "#/items/1/score"}
    assert (skipped["lead_id"], skipped["duplicates"][0]["id"]) == (None, first["id"])
    assert (updated["lead_id"], updated["version"]) == (first["id"], 2)
    assert again["duplicates"][0]["id"] == first["id"]
    lead = ana.get(f"{LEADS}/{first['id']}").json()
    assert (lead["job_title"], lead["company"], lead["first_name"]) == ("CTO", "ACME", "Jo")
    kinds = [kind for kind, _, _ in house.published() if kind != "SubjectKey"]
    assert kinds == ["LeadCreated", "LeadCreated", "LeadCreated", "LeadChanged"]


def test_items_of_one_call_see_each_other(ana: httpx.Client) -> None:
    results = sent(ana, {"email": "jo@acme.example"}, {"email": "JO@acme.example"}, duplicates="skip")
    first, second = results["items"]
    assert (first["result"], second["result"]) == ("created", "duplicate")
    assert second["duplicates"][0]["id"] == first["lead_id"]
    more = {"email": "new@acme.example", "job_title": "CFO"}
    twice = sent(ana, {"email": "new@acme.example"}, more, {**more, "job_title": "CTO"}, duplicates="update")
    assert [item["result"] for item in twice["items"]] == ["created", "updated", "updated"]
    assert {item["lead_id"] for item in twice["items"]} == {twice["items"][0]["lead_id"]}
    assert ana.get(f"{LEADS}/{twice['items'][0]['lead_id']}").json()["job_title"] == "CTO"


def test_a_thousand_take_as_many_statements_as_one(ana: httpx.Client, house: House) -> None:
    statements: list[str] = []
    engine = house.database._engine
    event.listen(engine, "before_cursor_execute", lambda *about: statements.append(about[2]))
    sent(ana, *many(1))
    alone = len(statements)
    results = sent(ana, *many(1000)[1:])
    assert (results["created"], len(statements) - alone) == (999, alone)
    assert len({item["lead_id"] for item in results["items"]}) == 999
    told = [record["lead_id"] for kind, record, _ in house.published() if kind == "LeadCreated"]
    assert len(told) == len(set(told)) == 1000


def test_the_same_call_again_makes_nothing_new(ana: httpx.Client) -> None:
    body, key = {"items": many(20)}, {"idempotency-key": "sync-1"}
    answers = [ana.post(BULK, json=body, headers=key) for _ in range(3)]
    assert len({answer.text for answer in answers}) == 1
    assert ana.post(BULK, json={"items": many(2)}, headers=key).status_code == 422
    assert len(ana.get(LEADS, params={"limit": 200}).json()["items"]) == 20


def test_items_follow_the_tenants_policy(ana: httpx.Client, ada: httpx.Client) -> None:
    created(ana)
    decide(ada, sources={"api": {"action": "block", "override": False}})
    item = {"email": "jo@acme.example", "lead_source": "api"}
    results = sent(ana, item, {**item, "duplicates": "create_anyway"}, {**item, "lead_source": "manual"})
    assert [one["result"] for one in results["items"]] == ["duplicate", "duplicate", "created"]


@pytest.mark.parametrize(
    ("body", "status", "pointers"),
    [
        ({}, 422, ["#/items"]),
        ({"items": []}, 422, ["#/items"]),
        ({"items": [{}] * 1001}, 422, ["#/items"]),
        ({"items": ["jo"]}, 422, ["#/items/0"]),
        ({"items": [{}], "tenant_id": str(GLOBEX)}, 422, ["#/tenant_id"]),
        ({"items": [{"company": "a\x00b"}]}, 422, ["#/items/0/company"]),
    ],
)
def test_a_call_that_is_none_is_refused_as_a_whole(
    ana: httpx.Client, body: dict[str, Any], status: int, pointers: list[str]
) -> None:
    assert said(ana.post(BULK, json=body)) == (status, pointers)


def test_globex_updates_nobody_of_acme(ana: httpx.Client, door: Door) -> None:
    lead = created(ana)
    with door.client("ana", tenant=GLOBEX) as other:
        results = sent(other, {"email": "jo@acme.example", "job_title": "Mole"}, duplicates="update")
    assert results["created"] == 1
    assert ana.get(f"{LEADS}/{lead['id']}").json()["version"] == 1
