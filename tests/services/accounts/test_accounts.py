"""An account over HTTP: opened, listed, changed, closed; what is impossible is said."""

from typing import Any

import httpx

from tests.services.house import GLOBEX, Door, House


def opened(client: httpx.Client, name: str = "ACME GmbH", **fields: Any) -> dict[str, Any]:
    """A new account."""
    answer = client.post("/api/accounts", json={"name": name, **fields})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def changed(client: httpx.Client, account: dict[str, Any], **fields: Any) -> httpx.Response:
    """The answer to a change by somebody who has just read the account."""
    tag = client.get(f"/api/accounts/{account['id']}").headers["etag"]
    return client.patch(f"/api/accounts/{account['id']}", json=fields, headers={"if-match": tag})


def test_an_account_begins_healthy_enough_and_belongs_to_who_opened_it(
    ana: httpx.Client, house: House
) -> None:
    account = opened(ana, domain="acme.example", country="AT")
    assert (account["health"], account["tier"], account["score"]) == (50, "standard", 0)
    assert account["owner_id"]
    [(type, record, _)] = house.published()
    assert (type, record["account_name"], record["version"]) == ("AccountOpened", "ACME GmbH", 1)
    assert (record["domain"], record["closed"]) == ("acme.example", False)


def test_a_change_says_what_changed_and_a_stale_view_is_refused(ana: httpx.Client, house: House) -> None:
    account = opened(ana)
    url = f"/api/accounts/{account['id']}"
    assert changed(ana, account, tier="growth", country=None).json()["tier"] == "growth"
    assert house.published()[-1][1]["changed"] == ["tier"]
    assert ana.patch(url, json={"tier": "standard"}, headers={"if-match": '"1"'}).status_code == 412
    assert ana.patch(url, json={"tier": "standard"}).status_code == 428


def test_a_closed_account_keeps_its_page_and_takes_no_changes(ana: httpx.Client) -> None:
    account = opened(ana)
    assert ana.post(f"/api/accounts/{account['id']}/close").json()["closed_at"]
    assert changed(ana, account, tier="growth").status_code == 409
    assert [a["id"] for a in ana.get("/api/accounts?closed=true").json()["items"]] == [account["id"]]
    assert ana.get("/api/accounts").json()["items"] == []
    assert ana.post(f"/api/accounts/{account['id']}/reopen").json()["closed_at"] is None
    assert changed(ana, account, tier="growth").status_code == 200


def test_closing_twice_is_closing_once(ana: httpx.Client, house: House) -> None:
    account = opened(ana)
    for _ in range(2):
        assert ana.post(f"/api/accounts/{account['id']}/close").status_code == 200
    assert [type for type, _, _ in house.published()] == ["AccountOpened", "AccountChanged"]


def test_lists_are_filtered_sorted_and_paged(ana: httpx.Client) -> None:
    names = ["Beta", "alpha", "Gamma"]
    for name in names:
        opened(ana, name, tier="strategic" if name == "Beta" else "standard")
    page = ana.get("/api/accounts?sort=name&limit=2").json()
    rest = ana.get("/api/accounts", params={"sort": "name", "cursor": page["next"]}).json()
    assert [a["name"] for a in [*page["items"], *rest["items"]]] == ["alpha", "Beta", "Gamma"]
    assert [a["name"] for a in ana.get("/api/accounts?tier=strategic").json()["items"]] == ["Beta"]
    assert [a["name"] for a in ana.get("/api/accounts?q=AMM").json()["items"]] == ["Gamma"]
    assert ana.get("/api/accounts?at_risk=true").json()["items"] == []


def test_a_company_stands_under_its_holding_and_no_loop_can_be_closed(ana: httpx.Client) -> None:
    holding = opened(ana, "Holding")
    company = opened(ana, "Company", parent_id=holding["id"])
    branch = opened(ana, "Branch", parent_id=company["id"])
    below = ana.get("/api/accounts", params={"parent_id": holding["id"]}).json()["items"]
    assert [a["id"] for a in below] == [company["id"]]
    for above in (branch, holding):
        loop = changed(ana, holding, parent_id=above["id"])
        assert (loop.status_code, loop.json()["title"]) == (409, "Not possible in this hierarchy")
    assert changed(ana, branch, parent_id=holding["id"]).status_code == 200
    assert changed(ana, branch, parent_id=None).json()["parent_id"] is None


def test_the_account_of_another_tenant_does_not_exist(door: Door, ana: httpx.Client) -> None:
    account = opened(ana)
    with door.client("ana", tenant=GLOBEX) as stranger:
        assert stranger.get(f"/api/accounts/{account['id']}").status_code == 404
        assert stranger.post(f"/api/accounts/{account['id']}/close").status_code == 404
        below = stranger.post("/api/accounts", json={"name": "Mole", "parent_id": account["id"]})
        assert (below.status_code, below.json()["title"]) == (422, "Parent not found")
