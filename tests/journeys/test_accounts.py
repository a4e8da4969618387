"""An account as its people see it, through every service: a lead from it, a deal with it, what that says."""

from typing import Any

from cli.api import Api
from tests.world import World, eventually, made


def told(api: Api, account: str) -> list[str]:
    """What stands on the account's timeline, the newest first."""
    return [str(entry["type"]) for entry in api.items(f"/api/accounts/{account}/timeline")]


def test_an_account_lives_by_the_leads_and_deals_that_come_of_it(world: World) -> None:
    with world.user("ada") as ada:
        account = str(ada.post("/api/accounts", {"name": "Initech GmbH", "country": "AT"})["id"])
        page = f"/api/accounts/{account}"
        email = f"peter.{account}@initech.example"
        ada.post(f"{page}/contacts", {"first_name": "Peter", "email": email})
        draft: dict[str, Any] = ada.get(f"{page}/lead-draft", source="cross_sell")
        lead = eventually(lambda: made(ada, "/api/leads", draft), bool)
        assert (lead["account_id"], lead["lead_source"], lead["email"]) == (account, "cross_sell", email)
        ada.post(f"/api/leads/{lead['id']}/adjustments", {"points": 60, "reason": "Met"}, key=account)
        eventually(lambda: ada.get(page)["health"], lambda health: health == 60, 60)
        deal = {"title": "More seats", "account_id": account, "type": "upsell"}
        body = {**deal, "amount": {"minor": 500_000, "currency": "EUR"}}
        eventually(lambda: made(ada, "/api/opportunities", body), bool)
        eventually(lambda: ada.get(page)["health"], lambda health: health == 65, 60)
        score = ada.get(f"/api/leads/{lead['id']}/score")["shown"]
        eventually(lambda: ada.get(page)["score"], lambda found: found == score, 60)
        found = eventually(lambda: told(ada, account), lambda types: "alert_raised" in types, 60)
        assert {"account_opened", "contact_added", "lead_created", "lead_status_changed"} <= set(found)
        assert {"lead_band_changed", "opportunity_opened"} <= set(found)
        health = ada.get(f"{page}/health")
        assert health["start"] + sum(line["points"] for line in health["contributions"]) == 65
        assert ada.get(f"{page}/growth")["values"][0]["open_minor"] == 500_000
