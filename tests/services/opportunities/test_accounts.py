"""Deals and their accounts: which account may have one, and who sees it because of the account (F107)."""

from functools import partial
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from chassis.colleagues.table import keep_colleague
from chassis.ids import user_id
from services.opportunities import commands
from tests.services.feed import Feed
from tests.services.house import ACME, Door, House
from tests.services.opportunities.deals import ACCOUNT, DEALS, account, change, colleague, open_deal
from tests.services.statements import statements


def hear(house: House, **other: Any) -> None:
    """Accounts tells of ACME GmbH."""
    house.run(lambda uow: commands.store_accounts(uow, [account(**other)]))


def try_to_open(client: httpx.Client, account_id: UUID = ACCOUNT) -> httpx.Response:
    """What opening a deal is answered."""
    return client.post(DEALS, json={"title": "Spring order", "account_id": str(account_id)})


def test_an_account_has_to_be_known(ana: httpx.Client, house: House) -> None:
    new = uuid4()
    refused = try_to_open(ana, new)
    assert (refused.status_code, refused.json()["title"]) == (409, "Account not known")
    hear(house, id=new)
    assert try_to_open(ana, new).status_code == 201, "heard of a moment later"


def test_a_closed_account_gets_no_new_deal_and_keeps_its_old_ones(ana: httpx.Client, house: House) -> None:
    deal = open_deal(ana)
    hear(house, version=3, closed=True)
    assert (try_to_open(ana).status_code, try_to_open(ana).json()["title"]) == (409, "Account closed")
    assert change(ana, deal, title="Last order").status_code == 200
    hear(house, version=2, closed=False)
    assert try_to_open(ana).status_code == 409, "older news changes nothing"
    hear(house, version=4, closed=False)
    assert try_to_open(ana).status_code == 201


def sees(client: httpx.Client, deal: dict[str, Any]) -> bool:
    """Whether somebody finds a deal; every way to it says the same."""
    path = f"{DEALS}/{deal['id']}"
    found = client.get(path).status_code == 200
    listed = [one["id"] for one in client.get(DEALS).json()["items"]]
    board = client.get(f"{DEALS}/board").json()["columns"]
    months = client.get(f"{DEALS}/forecast").json()["items"]
    opened = {"closed_from": "2026-03-01", "closed_to": "2026-03-31"}
    assert client.get(f"{DEALS}/performance", params=opened).status_code == 200
    answers = {
        client.get(f"{path}/history").status_code,
        client.post(f"{path}/stage", json={"stage": deal["stage"]}).status_code,
        change(client, deal).status_code,
    }
    assert answers == ({200} if found else {404})
    assert (deal["id"] in listed) == (sum(c["count"] for c in board) == 1) == (len(months) == 1) == found
    return found


@pytest.mark.parametrize(
    ("login", "known", "seen"),
    [
        ("leo", {}, False),
        ("leo", {"team": "north"}, False),
        ("leo", {"team": "north", "visibility": "team"}, True),
        ("leo", {"team": "south", "visibility": "team"}, False),
        ("leo", {"visibility": "territory", "territories": ["dach"]}, True),
        ("leo", {"visibility": "territory", "territories": ["nordics"]}, False),
        ("leo", {"visibility": "all"}, True),
        ("eva", {}, True),
    ],
)
def test_a_deal_is_seen_by_its_owner_the_team_the_territory_and_who_owns_the_account(
    ana: httpx.Client, door: Door, house: House, login: str, known: dict[str, Any], seen: bool
) -> None:
    hear(house, version=2, territory="dach", owner_id=str(user_id(ACME, "eva")))
    team = (colleague("ana", version=2, team="north"), colleague(login, version=2, **known))
    for one in team:
        house.run(partial(keep_colleague, record=one))
    deal = open_deal(ana)
    assert sees(ana, deal)
    with door.client(login) as other:
        assert sees(other, deal) is seen


def test_a_deal_of_nobody_waits_where_reps_see_it(ada: httpx.Client, ana: httpx.Client, door: Door) -> None:
    deal = open_deal(ada)
    assert deal["owner_id"] is None
    assert sees(ana, deal)
    with door.client("eva", "account_manager") as eva:
        assert not sees(eva, deal)


def test_of_many_accounts_in_one_batch_each_is_known_as_it_is_now(ana: httpx.Client, house: House) -> None:
    feed, other = Feed(house), uuid4()
    told = [(ACCOUNT, 5, True), (other, 2, True), (other, 3, False), (ACCOUNT, 4, False)]
    batch = [
        feed.event(
            "accounts.account", "AccountChanged", id, account_id=str(id), version=version, closed=closed
        )
        for id, version, closed in told
    ]
    with statements() as sent:
        feed.take(*batch)
    assert len([one for one in sent if "INTO accounts" in one]) == 1
    feed.take(*batch)
    assert try_to_open(ana).json()["title"] == "Account closed"
    assert try_to_open(ana, other).status_code == 201
