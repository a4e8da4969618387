"""From what a prospect does to what a sales person hears, through every service, on real parts."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.ids import tenant_id, user_id
from cli.api import Api, ApiError, Json
from cli.clock import travel
from tests.world import World, eventually

DOCS = {"path": "/docs"}
RULES = "/api/leads/assignment-rules"


def score(api: Api, lead: Json) -> Json:
    return api.get(f"/api/leads/{lead['id']}/score")


def alerts(api: Api, lead: Json) -> dict[str, Json]:
    """Newest alert of each kind about a lead."""
    found = api.items("/api/notifications/alerts", subject_id=lead["id"])
    return {str(alert["kind"]): alert for alert in reversed(list(found))}


def test_a_prospect_who_asks_for_a_demo_is_qualified_and_her_owner_is_told(world: World) -> None:
    with world.user("ana") as ana:
        lead = world.lead(ana, phone="+4930901820", industry="technology", company_size="enterprise")
        assert (lead["score"], lead["status"], lead["grade"]) == (55, "contacted", "A4")
        before = len(world.mails("ana@acme.example"))
        with world.website() as site:
            site.identify(user_id=lead["email"], traits={"email": lead["email"]})
            site.page(user_id=lead["email"], name="Pricing", properties={"path": "/pricing"})
            for _ in range(3):
                site.track(user_id=lead["email"], event="Demo Requested", message_id=f"demo-{lead['id']}")
        explained = eventually(lambda: score(ana, lead), lambda s: s["raw"] == 100)
        assert sum(line["points"] for line in explained["contributions"]) == 100
        now = ana.get(f"/api/leads/{lead['id']}")
        assert (now["status"], now["priority"]) == ("qualified", "high")
        raised = eventually(lambda: alerts(ana, lead), lambda kinds: "high_value" in kinds)
        assert raised["high_value"]["severity"] == "urgent"
        inbox = eventually(
            lambda: list(ana.items("/api/notifications/inbox")),
            lambda items: any(i["alert"]["id"] == raised["high_value"]["id"] for i in items),
        )
        assert [i["alert"]["subject_id"] for i in inbox].count(lead["id"]) == len(raised) + (
            sum(1 for _ in ana.items("/api/notifications/alerts", subject_id=lead["id"])) - len(raised)
        )
        mails = eventually(lambda: world.mails("ana@acme.example"), lambda mails: len(mails) > before)
        assert "Hana" in mails[-1]
        assert len(mails) == before + 1


def test_the_history_tells_who_moved_the_lead_and_why(world: World) -> None:
    with world.user("ana") as ana:
        lead = world.lead(ana)
        moved = ana.post(f"/api/leads/{lead['id']}/status", {"status": "qualified"})
        assert moved["warnings"]
        entries = [e for e in ana.items(f"/api/leads/{lead['id']}/history") if e["type"] == "status"]
        assert [(e["what"]["previous"], e["what"]["status"]) for e in entries] == [
            ("new", "qualified"),
            (None, "new"),
        ]
        assert entries[0]["who"].startswith("user:")
        assert entries[0]["what"]["warning"] == moved["warnings"][0]


def test_visits_before_the_lead_exists_join_it_once_it_is_named(world: World) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    with world.user("ana") as ana:
        browser = f"browser-{yesterday.timestamp()}"
        email = f"{browser}@hooli.example"
        with world.website() as site:
            for number in range(3):
                visit: dict[str, Any] = {"properties": DOCS, "timestamp": yesterday + timedelta(hours=number)}
                site.page(anonymous_id=browser, name="Docs", **visit)
            site.identify(anonymous_id=browser, user_id=email, traits={"email": email})
        lead = world.lead(ana, email=email)
        explained = eventually(lambda: score(ana, lead), lambda s: s["engagement"] == 6)
        visits = [line for line in explained["contributions"] if line["rule"] == "website_visited"]
        assert len(visits) == 3
        assert all(line["occurred_at"] < lead["created_at"] for line in visits)


def test_a_hand_given_adjustment_stands_in_the_receipt_with_its_reason(world: World) -> None:
    with world.user("ana") as ana:
        lead = world.lead(ana)
        ana.post(f"/api/leads/{lead['id']}/adjustments", {"points": 30, "reason": "Met at the fair"})
        explained = eventually(lambda: score(ana, lead), lambda s: s["raw"] == 50)
        assert {line["rule"]: line["points"] for line in explained["contributions"]}["adjustment"] == 30
        newest = next(iter(ana.items(f"/api/leads/{lead['id']}/history", limit=1)))
        told = [e for e in ana.items(f"/api/leads/{lead['id']}/history") if e["why"] == "Met at the fair"]
        assert newest["at"] >= told[0]["at"]
        assert told[0]["who"].startswith("user:")


def test_a_lead_that_no_human_touches_in_time_goes_to_the_next_one(world: World) -> None:
    with world.user("ana", "globex") as ana, world.user("ada", "globex") as ada, wanted(ada):
        lead = world.lead(ana)
        path = f"/api/leads/{lead['id']}"
        travel(timedelta(days=2))
        moved = eventually(lambda: ada.get(path), lambda seen: seen["owner_id"] != lead["owner_id"])
        assert moved["owner_id"] == str(user_id(tenant_id("globex"), "ben"))
        with world.user("ben", "globex") as ben:
            assert eventually(lambda: list(ben.items("/api/leads")), bool)
        with pytest.raises(ApiError, match="404"):
            ana.get(path)


@contextmanager
def wanted(admin: Api) -> Iterator[None]:
    """Meanwhile the tenant wants untouched leads to move on."""
    wish(admin, True)
    try:
        yield
    finally:
        wish(admin, False)


def wish(admin: Api, reroute_untouched: bool) -> None:
    """An admin says so."""
    rules = admin.http.get(RULES)
    body = {**rules.json(), "reroute_untouched": reroute_untouched}
    admin.http.put(RULES, json=body, headers={"if-match": rules.headers["etag"]}).raise_for_status()


def test_a_published_rule_set_scores_all_evidence_old_and_new(world: World) -> None:
    with world.user("ada", "globex") as ada:
        lead = world.lead(ada)
        rules = ada.get("/api/leads/scoring-rules")["rules"]
        for rule in rules:
            if rule["rule"] == "email_present":
                rule["points"] = 33
        draft = ada.post("/api/leads/scoring-rules", {"rules": rules})
        ada.post(f"/api/leads/scoring-rules/{draft['version']}/publish")
        explained = eventually(lambda: score(ada, lead), lambda s: s["rules_version"] == draft["version"])
        assert explained["raw"] == lead["score"] + 23


def test_a_lead_left_alone_for_a_week_and_a_deal_for_two_raise_alerts_at_their_due_time(world: World) -> None:
    with world.user("ana") as ana:
        left = world.lead(ana)
        good = world.lead(ana, phone="+4930901820", industry="finance", company_size="enterprise")
        ana.post(f"/api/leads/{good['id']}/status", {"status": "qualified"})
        travel(timedelta(days=15))
        stuck = eventually(lambda: alerts(ana, left), lambda kinds: "stagnation" in kinds)
        late = eventually(lambda: alerts(ana, good), lambda kinds: "conversion_overdue" in kinds)
        week = datetime.fromisoformat(stuck["stagnation"]["raised_at"]) - datetime.fromisoformat(
            left["created_at"]
        )
        assert abs(week - timedelta(days=7)) < timedelta(minutes=1)
        assert late["conversion_overdue"]["state"] == "open"
        ana.post(
            f"/api/leads/{good['id']}/status",
            {"status": "unqualified", "reason_code": "no_budget", "reason": "No budget this year"},
        )
        eventually(
            lambda: alerts(ana, good), lambda kinds: kinds["conversion_overdue"]["state"] == "resolved"
        )
