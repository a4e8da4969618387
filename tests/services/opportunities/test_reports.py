"""What deals come to: the board, the forecast as it was on any day, and how wins and losses came about."""

import random
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import httpx
import pytest

from chassis.colleagues import EVERYTHING
from chassis.db import UnitOfWork
from services.opportunities import commands
from services.opportunities.domain import DEFAULTS, Money, Why, weighted
from services.opportunities.domain.forecast import Line, Slot
from services.opportunities.models import Opportunity
from services.opportunities.queries import Span, forecast_at
from tests.services.house import NOON, Door, House
from tests.services.opportunities.deals import ACCOUNT, DEALS, GLOBEX_AG, change, move, open_deal

JPY = {"minor": 1001, "currency": "JPY"}


def get(client: httpx.Client, path: str, **params: Any) -> Any:
    """A report."""
    answer = client.get(f"{DEALS}/{path}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_board_counts_and_sums_per_stage_and_currency(ana: httpx.Client) -> None:
    for minor in (5, 5, 100):
        open_deal(ana, amount={"minor": minor, "currency": "EUR"})
    open_deal(ana, amount=JPY)
    open_deal(ana, amount=None)
    move(ana, open_deal(ana, account_id=str(GLOBEX_AG)), "closed_won")
    columns = {column["stage"]: column for column in get(ana, "board")["columns"]}
    assert list(columns) == [stage.key for stage in DEFAULTS[0].stages]
    assert (columns["prospecting"]["count"], columns["proposal"]["count"]) == (5, 0)
    assert columns["prospecting"]["totals"] == [
        {"currency": "EUR", "count": 3, "amount": 110, "weighted": 12},
        {"currency": "JPY", "count": 1, "amount": 1001, "weighted": 100},
        {"currency": None, "count": 1, "amount": 0, "weighted": 0},
    ], "the weighted sum is that of the deals as they are shown: 1 + 1 + 10"
    won = get(ana, "board", account_id=str(ACCOUNT))["columns"][4]
    assert (won["stage"], won["count"]) == ("closed_won", 0)


def test_the_forecast_says_what_each_month_will_bring(
    ada: httpx.Client, ana: httpx.Client, door: Door
) -> None:
    open_deal(ana, close_date="2026-03-31")
    open_deal(ana, close_date="2026-04-01", stage="proposal")
    open_deal(ana, close_date="2026-04-30", stage="negotiation")
    move(ana, open_deal(ana, close_date="2026-06-01"), "closed_won")
    move(ana, open_deal(ana, close_date="2026-04-01"), "closed_lost")
    with door.client("max", "manager") as max_:
        open_deal(max_, close_date="2026-04-02", amount=JPY)
    lines = get(ada, "forecast", from_month="2026-03", to_month="2026-04")["items"]
    assert [
        (line["month"], line["currency"], line["count"], line["weighted"], line["won"], line["expected"])
        for line in lines
    ] == [
        ("2026-03-01", "EUR", 1, 250_000, 2_500_000, 2_750_000),
        ("2026-04-01", "EUR", 2, 1_250_000 + 1_875_000, 0, 3_125_000),
        ("2026-04-01", "JPY", 1, 100, 0, 100),
    ]
    mine = get(ada, "forecast", owner_id=lines[0]["owner_id"])["items"]
    assert {line["currency"] for line in mine} == {"EUR"}
    assert get(ana, "forecast", pipeline="renewal")["items"] == []


def test_a_forecast_of_the_past_is_what_it_was_then(ana: httpx.Client, door: Door) -> None:
    deal = open_deal(ana, close_date="2026-04-15")
    before = get(ana, "forecast")
    door.later(days=5)
    moved = move(ana, deal, "negotiation")
    change(ana, moved, close_date="2026-05-20", amount={"minor": 99, "currency": "USD"})
    door.later(days=5)
    move(ana, deal, "closed_won")
    for moment in ("2026-03-02T12:00:00Z", "2026-03-07T11:59:59Z"):
        assert get(ana, "forecast", at=moment)["items"] == before["items"]
    (then,) = get(ana, "forecast", at="2026-03-08T00:00:00Z")["items"]
    assert (then["month"], then["currency"], then["weighted"], then["won"]) == ("2026-05-01", "USD", 74, 0)
    (now,) = get(ana, "forecast")["items"]
    assert (now["month"], now["weighted"], now["won"]) == ("2026-03-01", 0, 99)
    assert get(ana, "forecast", at="2026-03-01T00:00:00Z")["items"] == []
    assert get(ana, "forecast", at="2199-01-01T00:00:00Z") == get(ana, "forecast")


def test_accuracy_holds_a_month_as_it_was_expected_against_what_came(ana: httpx.Client, door: Door) -> None:
    won, late = (open_deal(ana, close_date="2026-04-15", stage="proposal") for _ in range(2))
    surprise = open_deal(ana, close_date="2026-09-01", amount=JPY)
    door.later(days=40)
    for deal in (won, surprise):
        move(ana, deal, "closed_won")
    door.later(days=25)
    move(ana, late, "closed_won")
    april, may = "2026-04-01", "2026-05-01"
    found = get(ana, "forecast/accuracy", from_month="2026-04", to_month="2026-06")["items"]
    assert [(v["month"], v["currency"], v["expected"], v["won"], v["accuracy"]) for v in found] == [
        (april, "EUR", 2_500_000, 2_500_000, 100),
        (april, "JPY", 0, 1001, 0),
        (may, "EUR", 0, 2_500_000, 0),
    ]
    assert found[0]["snapshot_at"] == "2026-04-01T00:00:00Z"
    door.later(days=60)
    ana.post(f"{DEALS}/{won['id']}/reopen", json={"stage": "proposal", "reason": "Not paid."})
    again = get(ana, "forecast/accuracy", from_month="2026-04", to_month="2026-06")["items"]
    assert again == found, "what a month came to does not change afterwards"


def test_performance_tells_how_deals_were_won_and_lost(ana: httpx.Client, door: Door) -> None:
    deals = [open_deal(ana) for _ in range(4)]
    door.later(days=10)
    move(ana, deals[0], "proposal")
    door.later(days=20)
    move(ana, deals[0], "closed_won")
    move(ana, deals[1], "closed_lost")
    move(ana, deals[2], "closed_lost", reason_code="timing", competitor=None)
    found = get(ana, "performance", closed_from="2026-03-03", closed_to="2026-04-01")
    assert (found["won"], found["lost"], found["win_rate"]) == (1, 2, 0.3333)
    assert found["mean_cycle_seconds"] == 30 * 86_400
    assert found["amounts"] == [{"currency": "EUR", "won": 2_500_000, "lost": 5_000_000, "velocity": 83_333}]
    assert found["lost_reasons"] == [{"what": "price", "count": 1}, {"what": "timing", "count": 1}]
    assert found["competitors"] == [{"what": "Globex", "count": 1}]
    assert {s["stage"]: (s["count"], s["mean_seconds"] // 86_400) for s in found["stages"]} == {
        "prospecting": (3, (10 + 30 + 30) // 3),
        "proposal": (1, 20),
    }
    nothing = get(ana, "performance", closed_from="2026-05-01", closed_to="2026-05-02")
    assert (nothing["win_rate"], nothing["mean_cycle_seconds"], nothing["amounts"]) == (None, None, [])


class Ledger:
    """What happened, kept by the test: the forecast of any moment is a fold of it."""

    def __init__(self, house: House, seed: int) -> None:
        self.house, self.random = house, random.Random(seed)
        self.states: list[tuple[datetime, dict[UUID, tuple[str, int, int, date, date | None]]]] = []
        self.now: dict[UUID, tuple[str, int, int, date, date | None]] = {}

    def live(self, steps: int) -> None:
        """Deals are opened, changed, moved, won, lost and reopened, some hours apart."""
        for _ in range(steps):
            at = self.house.clock.advance(timedelta(hours=self.random.randrange(1, 100)))
            self.house.run(self.step)
            self.states.append((at, dict(self.now)))

    def step(self, uow: UnitOfWork) -> None:
        """One of them."""
        day = date(2026, self.random.randrange(3, 12), self.random.randrange(1, 28))
        if not self.now or self.random.random() < 0.3:
            minor = self.random.randrange(10**6)
            fields = {"title": "x", "account_id": ACCOUNT, "deal_type": "upsell", "close_date": day}
            deal = commands.open_opportunity(uow, fields | {"amount": Money(minor, "EUR")})
        elif self.random.random() < 0.4:
            fields = {"close_date": day, "amount": Money(self.random.randrange(10**6), "EUR")}
            deal = commands.change_opportunity(uow, EVERYTHING, self.any(), fields, lambda version: None)
        else:
            deal = self.moved(uow)
        closed = deal.closed_at.date() if deal.closed_at else None
        assert deal.amount_minor is not None
        self.now[deal.id] = (deal.outcome, deal.probability, deal.amount_minor, deal.close_date, closed)

    def any(self) -> UUID:
        """Some deal."""
        return self.random.choice(list(self.now))

    def moved(self, uow: UnitOfWork) -> Opportunity:
        """A deal somewhere else; a closed one reopened."""
        id, why = self.any(), Why("price", "Too dear.")
        if self.now[id][0] != "open":
            return commands.reopen(uow, EVERYTHING, id, "proposal", why)
        return commands.set_stage(uow, EVERYTHING, id, self.random.choice(DEFAULTS[0].stages).key, why)

    def expected(self, at: datetime) -> dict[Slot, Line]:
        """The forecast of a moment by what the test knows."""
        known: dict[UUID, tuple[str, int, int, date, date | None]] = {}
        for moment, state in self.states:
            known = state if moment <= at else known
        found: dict[Slot, Line] = {}
        for outcome, probability, minor, close, closed in known.values():
            month = (closed if outcome == "won" and closed else close).replace(day=1)
            line = found.setdefault(Slot(month, "EUR", "default", None), Line())
            if outcome == "won":
                line.won_count, line.won = line.won_count + 1, line.won + minor
            elif outcome == "open":
                line.count, line.amount = line.count + 1, line.amount + minor
                line.weighted += weighted(minor, probability)
        return {slot: line for slot, line in found.items() if line.count or line.won_count}


@pytest.mark.parametrize("seed", range(3))
def test_the_forecast_of_any_moment_is_the_fold_of_what_had_happened(house: House, seed: int) -> None:
    ledger = Ledger(house, seed)
    ledger.live(60)
    span = Span(date(2026, 1, 1), date(2027, 12, 1))
    moments = [
        NOON,
        *(at for at, _ in ledger.states),
        *(at - timedelta(minutes=1) for at, _ in ledger.states),
    ]
    for at in ledger.random.sample(moments, 40):
        assert house.run(partial(forecast_at, scope=EVERYTHING, span=span, at=at)) == ledger.expected(at)
