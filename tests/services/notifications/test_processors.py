"""The alert processor: records in, records out, states kept as bytes."""

from typing import Any

import msgpack
from hypothesis import given

from chassis.streams import Message
from chassis.testing import packaged_codec
from services.notifications import alerting
from services.notifications.alerting import State
from services.notifications.processors import ALERTS, AlertFold
from tests.services.notifications.test_alerting import ACME, ANA, DAY, JANE, START, Log, logs, moment

KEY = f"{ACME}:{JANE}".encode()


class Partition:
    """A store and outputs in memory, which keep states and records as bytes as the engine does."""

    epoch, now = 1, 0

    def __init__(self) -> None:
        self.fold = AlertFold()
        self.kept: dict[bytes, bytes] = {}
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.codec = packaged_codec()

    def get(self, key: bytes) -> State | None:
        raw = self.kept.get(key)
        return None if raw is None else self.fold.unpack(raw)

    def put(self, key: bytes, state: State) -> None:
        self.kept[key] = self.fold.pack(state)

    def delete(self, key: bytes) -> None:
        self.kept.pop(key, None)

    def keys(self, prefix: bytes, after: bytes = b"", limit: int | None = None) -> list[bytes]:
        return sorted(self.kept)

    def wake(self, key: bytes) -> None:
        raise AssertionError("alerting never asks to be woken")

    def send(self, topic: str, key: bytes, type: str, record: dict[str, Any], id: str) -> None:
        assert (topic, key, id) == (ALERTS, KEY, record["event_id"])
        assert self.codec.decode(topic, self.codec.encode(topic, type, record)) == (type, record)
        self.sent.append((type, record))

    def read(self, type: str, record: dict[str, Any]) -> None:
        """One record of an input."""
        topic = "leads.score" if type == "ScoreChanged" else "leads.lead"
        self.fold.apply(Message(topic, 0, 0, KEY, type, record, False), self, self)


def lead_record(status: str, *, at: int = START, version: int = 1, **more: Any) -> dict[str, Any]:
    """A lead's event, as far as alerts read it."""
    named = {"tenant_id": ACME, "lead_id": JANE, "event_id": f"lead-{version}", "version": version}
    person = {"owner_id": ANA, "account_id": None, "lead_source": "manual"}
    return {**named, "occurred_at": at, "status": status, **person, **more}


def score_record(shown: int, *, sequence: int = 1, epoch: int = 1) -> dict[str, Any]:
    """A score, as far as alerts read it."""
    named = {"tenant_id": ACME, "lead_id": JANE, "event_id": f"score-{sequence}"}
    cause = {"cause": "engagement", "cause_id": f"event-{sequence}"}
    times = {"occurred_at": START + sequence, "recorded_at": START + sequence}
    return {**named, "epoch": epoch, "sequence": sequence, "shown": shown, **cause, **times}


def test_a_score_of_92_sends_three_alerts_and_a_repeat_none() -> None:
    partition = Partition()
    partition.read("LeadCreated", lead_record("new"))
    for _ in range(2):
        partition.read("ScoreChanged", score_record(92))
    assert [record["kind"] for _, record in partition.sent] == ["score_threshold"] * 2 + ["high_value"]
    assert {record["subject_id"] for _, record in partition.sent} == {JANE}


def test_records_that_say_nothing_about_alerts_are_passed_over() -> None:
    partition = Partition()
    partition.read("LeadScoreAdjusted", {"tenant_id": ACME, "lead_id": JANE, "version": 9})
    assert partition.kept == {}


def test_a_timer_fires_when_it_is_due_and_not_twice() -> None:
    partition = Partition()
    partition.read("LeadCreated", lead_record("qualified"))
    state = partition.get(KEY)
    assert state is not None
    assert partition.fold.due(state) == START + 7 * DAY + 1
    for _ in range(2):
        partition.fold.timer(KEY, START + 22 * DAY, partition, partition)
    assert [type for type, _ in partition.sent] == ["AlertRaised", "AlertRaised", "AlertEscalated"]


def test_an_archived_lead_is_left_in_peace() -> None:
    partition = Partition()
    partition.read("LeadCreated", lead_record("new"))
    partition.read("ScoreChanged", score_record(50))
    partition.read("LeadChanged", lead_record("new", version=2, archived=True, at=START + 60_000))
    assert [type for type, _ in partition.sent] == ["AlertRaised", "AlertResolved"]
    assert partition.sent[-1][1]["reason"] == "archived"


def test_the_same_saying_always_has_the_same_id() -> None:
    told = []
    for _ in range(2):
        partition = Partition()
        partition.read("LeadCreated", lead_record("new"))
        partition.read("ScoreChanged", score_record(92))
        told.append([record["event_id"] for _, record in partition.sent])
    assert told[0] == told[1]
    assert len(set(told[0])) == 3


@given(logs())
def test_every_state_is_read_back_as_it_was(log: Log) -> None:
    fold, state = AlertFold(), State(ACME, JANE)
    facts: list[alerting.LeadFact | alerting.ScoreFact] = [*log.lead, *log.score]
    for fact in sorted(facts, key=moment):
        state, _ = alerting.step(state, fact)
        assert fold.unpack(fold.pack(state)) == state


def test_an_upsell_lead_of_an_account_is_told_once_and_ends_with_the_lead() -> None:
    partition = Partition()
    partition.read("LeadCreated", lead_record("new", account_id="acme", lead_source="upsell"))
    partition.read("LeadChanged", lead_record("new", version=2, account_id="acme", lead_source="upsell"))
    partition.read("LeadStatusChanged", lead_record("converted", version=3))
    assert [type for type, _ in partition.sent] == ["AlertRaised", "AlertResolved"]
    assert partition.sent[0][1]["kind"] == "upsell_lead"


def test_a_call_stops_the_clock_of_the_answer() -> None:
    partition = Partition()
    partition.read("LeadCreated", lead_record("new", respond_by=START + DAY))
    call = lead_record("new", version=2, first=True)
    partition.read("LeadActivityLogged", {k: v for k, v in call.items() if k != "status"})
    partition.fold.timer(KEY, START + 2 * DAY, partition, partition)
    assert partition.sent == []


def deal_record(type: str, version: int, **more: Any) -> dict[str, Any]:
    """An opportunity's event, as far as alerts read it."""
    named = {"tenant_id": ACME, "opportunity_id": JANE, "event_id": f"{type}-{version}", "version": version}
    return {**named, "occurred_at": START, "owner_id": ANA, **more}


def test_a_deal_that_stays_too_long_in_its_stage_is_stale_until_it_moves() -> None:
    partition = Partition()
    at = {"stale_at": START + DAY, "outcome": "open"}
    partition.read("OpportunityOpened", deal_record("opened", 1, **at))
    partition.fold.timer(KEY, START + 2 * DAY, partition, partition)
    moved = deal_record("moved", 2, stale_at=None, outcome="won")
    partition.read("OpportunityStageChanged", moved)
    assert [type for type, _ in partition.sent] == ["AlertRaised", "AlertResolved"]
    assert partition.sent[0][1]["kind"] == "stale_deal"
    assert partition.get(KEY).concerns == ()  # type: ignore[union-attr]


def test_an_account_at_risk_is_one_alert_until_it_recovers() -> None:
    partition = Partition()
    named = {"tenant_id": ACME, "account_id": JANE, "owner_id": ANA, "occurred_at": START, "since": START}
    for version in (1, 2):
        risk = {**named, "event_id": f"risk-{version}", "version": version, "at_risk": True}
        partition.read("AccountRiskChanged", {**risk, "reason": "low_health", "cause_id": "stay-1"})
    over = {**named, "event_id": "risk-3", "version": 3, "at_risk": False, "reason": "recovered"}
    partition.read("AccountRiskChanged", {**over, "cause_id": "stay-1"})
    assert [(type, record.get("cause")) for type, record in partition.sent] == [
        ("AlertRaised", "stay-1"),
        ("AlertResolved", None),
    ]


def test_a_state_of_before_accounts_and_deals_is_still_read() -> None:
    fold = AlertFold()
    state = State(ACME, JANE, version=3, owner=ANA)
    old = msgpack.packb((1, *msgpack.unpackb(fold.pack(state), use_list=False)[1:-4]))
    assert fold.unpack(old) == state
