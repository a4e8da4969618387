"""What leads and deals say of an account: its timeline, its health, its score, its growth."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from sqlalchemy import text

from chassis.clock import millis
from chassis.db import UnitOfWork
from chassis.ids import NOBODY, new_id
from services.accounts import commands
from tests.services.accounts.test_accounts import opened
from tests.services.accounts.told import ANA, LEAD, Told
from tests.services.house import ACME, NOON, House
from tests.services.statements import statements
from tests.world import eventually

Json = dict[str, Any]
OFFSETS = text(
    "INSERT INTO consumer_offsets (group_name, topic, partition, next_offset, topic_id)"
    " SELECT 'accounts', 'leads.lead', number, 7, 'lead' FROM generate_series(0, 2) number"
)
"""This group has read seven leads in each of three partitions."""


@pytest.fixture
def told(house: House) -> Told:
    return Told(house)


@pytest.fixture
def acme(ada: httpx.Client) -> UUID:
    """An account of ACME."""
    return UUID(opened(ada)["id"])


def seen(client: httpx.Client, account: UUID, what: str, **query: str) -> Json:
    answer = client.get(f"/api/accounts/{account}/{what}", params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def types(client: httpx.Client, account: UUID, **query: str) -> list[str]:
    return [entry["type"] for entry in seen(client, account, "timeline", **query)["items"]]


def events(house: House, type: str) -> list[Json]:
    return [record for name, record, _ in house.published() if name == type]


def test_what_a_lead_went_through_before_stands_on_the_timeline_of_its_account(
    told: Told, ada: httpx.Client, acme: UUID
) -> None:
    lead = new_id()
    told.lead("LeadCreated", lead, NOON - timedelta(days=3))
    told.lead("LeadActivityLogged", lead, NOON - timedelta(days=2))
    told.score(lead, 55, 1)
    assert types(ada, acme) == ["account_opened"]
    told.house.clock.advance(timedelta(minutes=1))
    told.lead("LeadConverted", lead, account_id=str(acme))
    told_of = types(ada, acme)
    assert (told_of[0], told_of[-2:]) == ("lead_converted", ["lead_activity", "lead_created"])
    assert set(told_of[1:3]) == {"account_opened", "lead_band_changed"}, "of one moment"
    assert types(ada, acme, type="lead_activity") == ["lead_activity"]
    assert types(ada, acme, actor="system:scoring") == ["lead_band_changed"]


def test_the_timeline_has_pages_and_no_entry_twice(told: Told, ada: httpx.Client, acme: UUID) -> None:
    lead = new_id()
    record = told.lead("LeadCreated", lead, account_id=str(acme))
    for _ in range(2):
        told.house.run(lambda uow: commands.take_leads(uow, "LeadCreated", [record]))
    for number in range(3):
        told.lead("LeadActivityLogged", lead, NOON + timedelta(hours=number))
    page = seen(ada, acme, "timeline", limit="2")
    rest = seen(ada, acme, "timeline", limit="10", cursor=page["next"])
    found = [entry["type"] for entry in [*page["items"], *rest["items"]]]
    assert sorted(found) == ["account_opened", *["lead_activity"] * 3, "lead_created"]


def test_a_score_within_its_band_is_no_news(told: Told, ada: httpx.Client, acme: UUID) -> None:
    lead = new_id()
    told.lead("LeadCreated", lead, account_id=str(acme))
    for sequence, shown in enumerate((41, 45, 69, 70, 99)):
        told.score(lead, shown, sequence)
    assert types(ada, acme, type="lead_band_changed") == ["lead_band_changed"] * 2
    assert seen(ada, acme, "score") == {
        "score": 99,
        "contributions": [{"lead_id": str(lead), "score": 99, "share": 100, "points": 99}],
    }


def test_the_score_rolls_up_from_the_open_and_converted_leads(
    told: Told, ada: httpx.Client, acme: UUID
) -> None:
    hot, warm, lost = (new_id() for _ in range(3))
    told.score(hot, 80, 1)  # before the lead itself is heard of
    for lead in (hot, warm, lost):
        told.lead("LeadCreated", lead, account_id=str(acme))
    told.score(warm, 50, 1)
    told.score(lost, 100, 1)
    told.lead("LeadStatusChanged", lost, status="unqualified")
    assert ada.get(f"/api/accounts/{acme}").json()["score"] == 90
    told.score(hot, 10, 1, epoch=0)  # an older one
    assert ada.get(f"/api/accounts/{acme}").json()["score"] == 90
    told.lead("LeadConverted", warm, account_id=str(acme))
    assert seen(ada, acme, "score")["score"] == 90
    told.lead("LeadChanged", warm, status="converted", archived=True, changed=["archived"])
    assert seen(ada, acme, "score")["score"] == 80


def test_deals_and_qualified_upsell_leads_move_the_health_and_each_step_is_told(
    told: Told, ada: httpx.Client, acme: UUID
) -> None:
    won, lost, lead = (new_id() for _ in range(3))
    told.lead("LeadCreated", lead, account_id=str(acme))
    told.lead("LeadStatusChanged", lead, status="qualified")
    told.deal("OpportunityOpened", won, acme)
    told.deal("OpportunityStageChanged", won, acme, stage="closed_won", outcome="won", previous="proposal")
    told.deal("OpportunityOpened", lost, acme)
    told.deal("OpportunityStageChanged", lost, acme, stage="closed_lost", outcome="lost", previous="proposal")
    health = seen(ada, acme, "health")
    assert health["value"] == 70 == health["start"] + sum(c["points"] for c in health["contributions"])
    assert [point["health"] for point in health["series"]] == [60, 65, 75, 80, 70]
    changes = events(told.house, "AccountHealthChanged")
    assert [(c["rule"], c["points"], c["health"]) for c in changes] == [
        ("upsell_qualified", 10, 60), ("opportunity_opened", 5, 65), ("deal_won", 10, 75),
        ("opportunity_opened", 5, 80), ("deal_lost", -10, 70),
    ]  # fmt: skip


def test_a_lead_of_another_source_does_not_make_an_account_healthier(
    told: Told, ada: httpx.Client, acme: UUID
) -> None:
    lead = new_id()
    told.lead("LeadCreated", lead, account_id=str(acme), lead_source="web_form")
    told.lead("LeadStatusChanged", lead, status="qualified")
    assert seen(ada, acme, "health")["value"] == 50


def test_a_deal_that_is_reopened_or_withdrawn_is_taken_back(
    told: Told, ada: httpx.Client, acme: UUID
) -> None:
    deal = new_id()
    told.deal("OpportunityOpened", deal, acme)
    told.deal("OpportunityStageChanged", deal, acme, stage="closed_lost", outcome="lost", previous="proposal")
    assert seen(ada, acme, "health")["value"] == 45
    told.deal("OpportunityStageChanged", deal, acme, stage="proposal", previous="closed_lost")
    assert seen(ada, acme, "health")["value"] == 55
    told.deal("OpportunityWithdrawn", deal, acme, reason="The conversion failed.")
    assert seen(ada, acme, "health")["value"] == 50
    assert events(told.house, "AccountHealthChanged")[-1]["points"] == -5


def test_an_account_at_risk_is_told_of_once_and_once_more_when_it_recovers(
    told: Told, ada: httpx.Client, acme: UUID
) -> None:
    for _ in range(3):
        deal = new_id()
        told.deal("OpportunityOpened", deal, acme)
        told.deal("OpportunityStageChanged", deal, acme, stage="lost", outcome="lost", previous="proposal")
    [risk] = events(told.house, "AccountRiskChanged")
    assert (risk["at_risk"], risk["reason"]) == (True, "low_health")
    assert ada.get("/api/accounts?at_risk=true").json()["items"][0]["id"] == str(acme)
    told.deal("OpportunityOpened", new_id(), acme)
    both = events(told.house, "AccountRiskChanged")
    assert [(r["at_risk"], r["reason"], r["cause_id"]) for r in both] == [
        (True, "low_health", risk["cause_id"]), (False, "recovered", risk["cause_id"])
    ]  # fmt: skip


def test_time_alone_makes_an_account_quiet_and_then_a_risk(told: Told, ada: httpx.Client, acme: UUID) -> None:
    for day in (51, 52, 53, 59, 90, 91):
        told.house.clock.advance(NOON + timedelta(days=day) - told.house.clock.now())
        told.house.run(lambda uow: commands.age_accounts(uow, uow.now))
    quiet = events(told.house, "AccountHealthChanged")
    assert [(c["rule"], c["health"]) for c in quiet] == [("quiet", 49), ("quiet", 48), ("quiet", 44)]
    [risk] = events(told.house, "AccountRiskChanged")
    assert (risk["reason"], risk["since"]) == ("no_new_lead", millis(NOON + timedelta(days=90)))
    told.lead("LeadCreated", new_id(), account_id=str(acme))
    assert events(told.house, "AccountRiskChanged")[-1]["reason"] == "recovered"


def test_a_closed_account_is_no_risk_and_waits_for_nothing(told: Told, ada: httpx.Client, acme: UUID) -> None:
    told.house.clock.advance(timedelta(days=90))
    told.house.run(lambda uow: commands.age_accounts(uow, uow.now))
    ada.post(f"/api/accounts/{acme}/close")
    assert events(told.house, "AccountRiskChanged")[-1]["reason"] == "closed"
    assert seen(ada, acme, "health")["next_change_at"] is None


def test_a_tick_counts_once_every_partition_has_come_to_it(told: Told, ada: httpx.Client, acme: UUID) -> None:
    told.house.clock.advance(timedelta(days=100))

    def tick(*partitions: int, ends: int = 0) -> None:
        def work(uow: UnitOfWork) -> None:
            time = millis(told.house.clock.now())
            ticks = {number: {"time": time, "ends": {"leads.lead": ends}} for number in partitions}
            commands.pass_time(uow, "accounts", ticks, partitions=3)

        told.house.run(work, NOBODY)

    def stored(uow: UnitOfWork) -> None:
        uow.session.execute(OFFSETS)

    told.house.run(stored, NOBODY)
    tick(0, 1)
    assert seen(ada, acme, "health")["at_risk"] is False
    tick(2, ends=8)  # leads that are still to be read
    assert seen(ada, acme, "health")["at_risk"] is False
    tick(2, ends=7)
    assert seen(ada, acme, "health")["at_risk"] is True


def test_growth_is_what_was_won_and_how_much_of_it_by_expansion(
    told: Told, ada: httpx.Client, acme: UUID
) -> None:
    told.lead("LeadCreated", new_id(), account_id=str(acme))
    for deal_type, outcome in (("new_business", "won"), ("upsell", "won"), ("upsell", "open")):
        told.deal("OpportunityOpened", new_id(), acme, deal_type=deal_type, outcome=outcome)
    growth = seen(ada, acme, "growth")
    assert (growth["leads"], growth["leads_by_source"]) == (1, {"upsell": 1})
    assert growth["opportunities"] == {"open": 1, "won": 2}
    assert growth["values"] == [
        {
            "currency": "EUR", "won_minor": 20_000, "new_business_minor": 10_000, "expansion_minor": 10_000,
            "renewal_minor": 0, "open_minor": 10_000, "expansion_percent": 100,
        }
    ]  # fmt: skip


def test_a_lead_that_goes_to_another_account_takes_its_history_along(
    told: Told, ada: httpx.Client, acme: UUID
) -> None:
    other, lead = UUID(opened(ada, "Globex")["id"]), new_id()
    told.lead("LeadCreated", lead, account_id=str(acme))
    told.lead("LeadChanged", lead, account_id=str(other))
    assert types(ada, acme) == ["account_opened"]
    assert types(ada, other, type="lead_created") == ["lead_created"]


def test_who_owns_a_lead_sees_its_account_and_nobody_else_of_the_reps(
    told: Told, ada: httpx.Client, ana: httpx.Client, acme: UUID
) -> None:
    me = ana.post("/api/accounts", json={"name": "Ana's"}).json()["owner_id"]
    assert ana.get(f"/api/accounts/{acme}").status_code == 404
    told.lead("LeadCreated", new_id(), account_id=str(acme), owner_id=str(ANA))
    assert ana.get(f"/api/accounts/{acme}/timeline").status_code == 404
    told.lead("LeadCreated", new_id(), account_id=str(acme), owner_id=me)
    assert ana.get(f"/api/accounts/{acme}/timeline").status_code == 200
    assert len(ana.get("/api/accounts").json()["items"]) == 2


def test_an_alert_about_a_lead_or_a_deal_stands_on_the_timeline_of_its_account(
    told: Told, ada: httpx.Client, acme: UUID
) -> None:
    lead, deal = new_id(), new_id()
    told.alert(lead)  # before the lead is heard of
    told.lead("LeadCreated", lead, account_id=str(acme))
    told.deal("OpportunityOpened", deal, acme)
    for subject in (deal, acme):
        told.alert(subject)
    alerts = seen(ada, acme, "timeline", type="alert_raised")["items"]
    subjects = {(a["lead_id"], a["opportunity_id"]) for a in alerts}
    assert subjects == {(str(lead), None), (None, str(deal)), (None, None)}
    assert {a["actor"] for a in alerts} == {"system:alerts"}


def created(lead: UUID, account: UUID | None, **fields: Any) -> Json:
    """A new lead as its service tells of it."""
    about = {"event_id": str(new_id()), "tenant_id": str(ACME), "lead_id": str(lead), "version": 1}
    at = {"occurred_at": millis(NOON), "created_at": millis(NOON), "actor": f"user:{ANA}"}
    return {**about, **at, **LEAD, "account_id": str(account) if account else None, **fields}


def scored(lead: UUID, shown: int) -> Json:
    """A score of a lead as its service tells of it."""
    about = {"event_id": f"{lead}:1:1", "tenant_id": str(ACME), "lead_id": str(lead)}
    return {**about, "epoch": 1, "sequence": 1, "occurred_at": millis(NOON), "shown": shown}


def test_many_leads_of_many_accounts_cost_as_many_statements_as_one(house: House, ada: httpx.Client) -> None:
    costs = []
    for count in (1, 40):
        homes = [UUID(opened(ada, f"Company {count} {n}")["id"]) for n in range(count)]
        leads = [created(new_id(), home, status="qualified") for home in homes]
        scores = [scored(UUID(lead["lead_id"]), 75) for lead in leads]
        with statements() as sent:
            house.run(partial(commands.take_leads, type="LeadCreated", records=leads))
            house.run(partial(commands.take_scores, records=scores))
        costs.append(len(sent))
        assert {seen(ada, home, "health")["value"] for home in homes} == {60}
        assert {ada.get(f"/api/accounts/{home}").json()["score"] for home in homes} == {75}
    assert costs[0] == costs[1]


def test_a_lead_of_which_two_hear_at_once_is_known_with_what_both_heard(
    house: House, ada: httpx.Client, acme: UUID
) -> None:
    lead = new_id()
    with ThreadPoolExecutor() as pool:
        with house.database.unit_of_work(ACME, "system:first") as first:
            commands.take_scores(first, [scored(lead, 40)])
            second = pool.submit(
                house.run, lambda uow: commands.take_leads(uow, "LeadCreated", [created(lead, acme)])
            )
            eventually(lambda: waiting(house), bool)
        second.result()
    assert ada.get(f"/api/accounts/{acme}").json()["score"] == 40


def waiting(house: House) -> bool:
    """Whether somebody waits for another's transaction."""
    with psycopg.connect(house.urls["owner"]) as connection:
        found = connection.execute(
            "SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid' LIMIT 1"
        )
        return found.fetchone() is not None
