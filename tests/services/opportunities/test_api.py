"""The HTTP door of opportunities: opened, read, moved, lost with a reason, reopened."""

from typing import Any
from uuid import uuid4

import httpx

from chassis.ids import user_id
from tests.services.house import ACME, Door, House

DEALS = "/api/opportunities"
EUR = {"minor": 2_500_000, "currency": "EUR"}


def opened(client: httpx.Client, **fields: Any) -> dict[str, Any]:
    """A deal as the API answers it."""
    body = {"title": "Initial Opportunity - ACME GmbH", "account_id": str(uuid4()), "amount": EUR}
    answer = client.post(DEALS, json=body | fields)
    assert answer.status_code == 201, answer.text
    deal: dict[str, Any] = answer.json()
    return deal


def test_a_deal_begins_in_the_first_stage_of_its_pipeline(ana: httpx.Client) -> None:
    deal = opened(ana)
    wanted = {"pipeline": "default", "stage": "prospecting", "probability": 10, "outcome": "open"}
    assert {name: deal[name] for name in wanted} == wanted
    assert (deal["amount"], deal["weighted"]) == (EUR, {"minor": 250_000, "currency": "EUR"})
    assert (deal["close_date"], deal["type"]) == ("2026-05-31", "new_business")
    assert (deal["stage_since"], deal["stale_at"]) == ("2026-03-02T12:00:00Z", "2026-03-16T12:00:00Z")
    assert deal["owner_id"] == str(user_id(ACME, "ana"))
    assert ana.get(f"{DEALS}/{deal['id']}").json() == deal
    assert opened(ana, type="renewal")["pipeline"] == "renewal"


def test_a_deal_moves_is_won_and_comes_back_only_when_it_is_reopened(
    ana: httpx.Client, door: Door, house: House
) -> None:
    path = f"{DEALS}/{opened(ana)['id']}"
    door.later(days=2)
    moved = ana.post(f"{path}/stage", json={"stage": "proposal"}).json()
    assert (moved["probability"], moved["stale_at"], moved["version"]) == (50, "2026-04-03T12:00:00Z", 2)
    assert ana.post(f"{path}/stage", json={"stage": "proposal"}).json() == moved, "again is a no-op"
    won = ana.post(f"{path}/stage", json={"stage": "closed_won"}).json()
    assert (won["outcome"], won["probability"], won["weighted"]) == ("won", 100, EUR)
    refused = ana.post(f"{path}/stage", json={"stage": "negotiation"})
    assert (refused.status_code, refused.json()["allowed"]) == (409, [])
    back = ana.post(f"{path}/reopen", json={"stage": "negotiation", "reason": "They did not sign."})
    assert (back.json()["outcome"], back.json()["closed_at"]) == ("open", None)
    told = [record for kind, record, _ in house.published() if kind == "OpportunityStageChanged"]
    assert [(e["previous"], e["stage"], e["seconds_in_previous"], e["version"]) for e in told] == [
        ("prospecting", "proposal", 172_800, 2),
        ("proposal", "closed_won", 0, 3),
        ("closed_won", "negotiation", 0, 4),
    ]


def test_a_lost_deal_needs_a_reason(ana: httpx.Client) -> None:
    path = f"{DEALS}/{opened(ana)['id']}/stage"
    assert ana.post(path, json={"stage": "closed_lost"}).status_code == 422
    why = {"reason_code": "price", "reason": "Too dear.", "competitor": "Globex"}
    lost = ana.post(path, json={"stage": "closed_lost", **why}).json()
    assert {name: lost[name] for name in why} == why
    assert (lost["outcome"], lost["weighted"]["minor"], lost["stale_at"]) == ("lost", 0, None)


def test_a_stage_that_is_not_there_is_answered_with_those_that_are(ana: httpx.Client) -> None:
    refused = ana.post(f"{DEALS}/{opened(ana)['id']}/stage", json={"stage": "dreaming"})
    assert refused.status_code == 409
    assert refused.json()["allowed"] == [
        "prospecting", "qualification", "proposal", "negotiation", "closed_won", "closed_lost",
    ]  # fmt: skip
