"""Pipelines of a tenant: there from the beginning, edited without breaking a deal."""

from typing import Any

import httpx

from services.opportunities import commands
from tests.services.house import GLOBEX, Door, House
from tests.services.opportunities.deals import ACCOUNT, DEALS, account, move, open_deal

PIPELINES = f"{DEALS}/pipelines"
PARTNERS: dict[str, Any] = {
    "key": "partners",
    "label": "Partners",
    "stages": [
        {"key": "talks", "label": "Talks", "probability": 30, "limit_days": 5},
        {"key": "signed", "label": "Signed", "probability": 100, "outcome": "won"},
        {"key": "gone", "label": "Gone", "probability": 0, "outcome": "lost"},
    ],
}


def stages(client: httpx.Client, key: str) -> list[dict[str, Any]]:
    """The stages of a pipeline as they are now."""
    found = {one["key"]: one["stages"] for one in client.get(PIPELINES).json()["pipelines"]}
    return list(found[key])


def edit(client: httpx.Client, key: str, new: list[dict[str, Any]], version: int = 1) -> httpx.Response:
    """What an edit of a pipeline is answered."""
    body = {"label": "Sales", "stages": new}
    return client.put(f"{PIPELINES}/{key}", json=body, headers={"if-match": f'"{version}"'})


def test_a_tenant_begins_with_two_pipelines(ana: httpx.Client) -> None:
    pipelines = ana.get(PIPELINES).json()["pipelines"]
    assert [(one["key"], one["version"]) for one in pipelines] == [("default", 1), ("renewal", 1)]
    assert [stage["probability"] for stage in pipelines[0]["stages"]] == [10, 25, 50, 75, 100, 0]


def test_another_pipeline_carries_deals_of_its_own(ada: httpx.Client, ana: httpx.Client) -> None:
    assert ana.post(PIPELINES, json=PARTNERS).status_code == 403
    made = ada.post(PIPELINES, json=PARTNERS)
    assert (made.status_code, made.json()["version"], made.headers["etag"]) == (201, 1, '"1"')
    assert ada.post(PIPELINES, json=PARTNERS).status_code == 409
    assert ada.post(PIPELINES, json={**PARTNERS, "key": "default"}).status_code == 409
    deal = open_deal(ana, pipeline="partners")
    assert (deal["stage"], deal["probability"], deal["stale_at"]) == ("talks", 30, "2026-03-07T12:00:00Z")
    assert move(ana, deal, "signed")["outcome"] == "won"
    assert len(ada.get(PIPELINES).json()["pipelines"]) == 3


def test_an_edited_stage_counts_for_the_next_deals(ada: httpx.Client, ana: httpx.Client) -> None:
    running = open_deal(ana)
    new = stages(ada, "default")
    new[0] |= {"probability": 20, "limit_days": 1, "label": "First talks"}
    new.insert(1, {"key": "demo", "label": "Demo", "probability": 30, "limit_days": 7})
    edited = edit(ada, "default", new)
    assert (edited.status_code, edited.json()["version"]) == (200, 2)
    assert edit(ada, "default", new, version=2).json()["version"] == 2, "as it was changes nothing"
    assert edit(ada, "default", new).status_code == 412
    assert ana.get(f"{DEALS}/{running['id']}").json() == running
    assert move(ana, running, "demo")["probability"] == 30
    assert open_deal(ana)["probability"] == 20


def test_a_stage_with_a_deal_in_it_stays(ada: httpx.Client, ana: httpx.Client) -> None:
    deal = open_deal(ana)
    without = stages(ada, "default")[1:]
    refused = edit(ada, "default", without)
    assert (refused.status_code, refused.json()["stages"]) == (409, ["prospecting"])
    move(ana, deal, "closed_won")
    assert edit(ada, "default", without).status_code == 200
    assert open_deal(ana)["stage"] == "qualification"


def test_a_pipeline_says_by_field_what_is_wrong_with_it(ada: httpx.Client) -> None:
    new = stages(ada, "default")
    new[0]["limit_days"] = None
    new[1]["key"] = "prospecting"
    refused = edit(ada, "default", [*new[:4], new[5]])
    assert refused.status_code == 422
    assert [fault["pointer"] for fault in refused.json()["errors"]] == [
        "#/stages/0/limit_days",
        "#/stages/1/key",
        "#/stages",
    ]


def test_a_pipeline_without_deals_can_go(ada: httpx.Client, ana: httpx.Client) -> None:
    ada.post(PIPELINES, json=PARTNERS)
    deal = open_deal(ana, pipeline="partners")
    seen = {"if-match": '"1"'}
    assert ada.delete(f"{PIPELINES}/partners", headers=seen).status_code == 409
    assert ada.delete(f"{PIPELINES}/default", headers=seen).status_code == 409
    assert ada.delete(f"{PIPELINES}/dreams", headers=seen).status_code == 404
    ada.post(PIPELINES, json={**PARTNERS, "key": "empty"})
    assert ada.delete(f"{PIPELINES}/empty").status_code == 428
    assert ada.delete(f"{PIPELINES}/empty", headers=seen).status_code == 204
    assert ana.get(f"{DEALS}/{deal['id']}").json()["pipeline"] == "partners"


def test_pipelines_of_globex_are_its_own(ada: httpx.Client, door: Door, house: House) -> None:
    house.run(lambda uow: commands.store_accounts(uow, [account()]), GLOBEX)
    ada.post(PIPELINES, json=PARTNERS)
    with door.client("ada", "admin", tenant=GLOBEX) as other:
        assert [one["key"] for one in other.get(PIPELINES).json()["pipelines"]] == ["default", "renewal"]
        body = {"title": "x", "account_id": str(ACCOUNT), "pipeline": "partners"}
        assert other.post(DEALS, json=body).status_code == 404


def test_currencies_say_how_many_decimals_they_have(ana: httpx.Client) -> None:
    found = {one["code"]: one["decimals"] for one in ana.get(f"{DEALS}/currencies").json()["currencies"]}
    assert (found["EUR"], found["JPY"], found["KWD"], "XXX" in found) == (2, 0, 3, False)
