"""What a tenant sets, and the report on ESG."""

from typing import Any

import httpx
import pytest

from tests.services.accounts.test_accounts import opened
from tests.services.accounts.test_conversions import account, start, started
from tests.services.house import House

OWN: dict[str, Any] = {
    "tiers": [{"least_score": 0, "tier": "growth"}, {"least_score": 95, "tier": "strategic"}],
    "risk_below": 55,
    "quiet_after_days": 10,
    "silent_after_days": 30,
}


def put(client: httpx.Client, tag: str = '"0"', **changed: Any) -> httpx.Response:
    return client.put("/api/accounts/settings", json={**OWN, **changed}, headers={"if-match": tag})


def test_a_tenants_own_tiers_hold_for_the_next_conversion(ada: httpx.Client, house: House) -> None:
    assert ada.get("/api/accounts/settings").json()["risk_below"] == 40
    assert put(ada).json()["version"] == 1
    record = started(house, score=88)
    start(house, record)
    assert account(house, record).tier == "growth"


def test_only_an_admin_who_has_seen_the_settings_changes_them(ana: httpx.Client, ada: httpx.Client) -> None:
    assert put(ana).status_code == 403
    assert put(ada, '"7"').status_code == 412
    assert put(ada).status_code == 200
    assert put(ada, '"1"', risk_below=10).json()["version"] == 2


@pytest.mark.parametrize(
    "bad",
    [
        {"tiers": []},
        {"tiers": [{"least_score": 10, "tier": "growth"}]},
        {"tiers": [{"least_score": 0, "tier": "gold"}]},
        {"risk_below": 101},
        {"risk_below": "40"},
        {"quiet_after_days": 0},
        {"silent_after_days": 10**9},
        {"version": 3},
    ],
)
def test_settings_that_cannot_be_are_refused(ada: httpx.Client, bad: dict[str, Any]) -> None:
    assert put(ada, **bad).status_code == 422


def test_accounts_are_reported_by_their_esg_engagement(ada: httpx.Client) -> None:
    opened(ada, esg_engagement="high", esg_score=80)
    opened(ada, esg_engagement="high", esg_score=61)
    opened(ada)
    assert ada.get("/api/accounts/esg").json() == [
        {"engagement": "high", "accounts": 2, "rated": 2, "average_score": 70.5},
        {"engagement": None, "accounts": 1, "rated": 0, "average_score": None},
    ]
