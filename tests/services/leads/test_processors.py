"""The scoring processor on the engine over the log in memory: records in, scores out, whatever crashes."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.catalogue import Catalogue
from chassis.ids import derived_id, tenant_id
from chassis.streams.engine import Engine
from chassis.streams.memory import MemoryLog, MemoryWire
from chassis.streams.pulse import Pulse
from chassis.streams.wire import Undelivered
from chassis.testing import packaged_codec
from services.leads.processors import Rules, Scored, ScoringFold
from services.leads.scoring import DAY, Engagement, Evidence, Fact, Facts, default_rules, fold, plain

ACME = str(tenant_id("acme"))
GLOBEX = str(tenant_id("globex"))
START = 1_790_000_000_000 // DAY * DAY
LEAD, ENGAGED, RULES, TICK = "leads.lead", "engagement.recorded", "leads.scoring-rules", "clock.tick"
PROFILE: dict[str, Fact] = {"has_email": True, "has_phone": True, "has_company": True, "industry": "finance"}
CATALOGUE = Catalogue.load()
CODEC = packaged_codec(CATALOGUE)


def lead(number: int = 1) -> str:
    return str(derived_id("lead", number))


def event(name: object) -> str:
    return str(derived_id("event", name))


Member = Engine[Scored | Rules]


class World:
    """The topics of one partition, and what a reader of the scores holds."""

    def __init__(self) -> None:
        self.log = MemoryLog()

    def write(self, topic: str, type: str, key: str, record: dict[str, Any]) -> None:
        self.log.append(topic, 0, key.encode(), CODEC.encode(topic, type, record))

    def created(self, lead: str = lead(), tenant: str = ACME, at: int = START, facts: Any = PROFILE) -> None:
        record = {**about(tenant, lead, f"created {lead}", at), "version": 1, "actor": "system:test"}
        record |= {"created_at": at, "status": "new", "lead_source": "manual", "facts": facts}
        self.write(LEAD, "LeadCreated", f"{tenant}:{lead}", record)

    def did(self, name: object, kind: str, at: int, lead: str = lead(), tenant: str = ACME) -> None:
        record = {
            **about(tenant, lead, name, at),
            "kind": kind,
            "received_at": at + 5,
            "source_id": event("s"),
        }
        self.write(ENGAGED, "EngagementRecorded", f"{tenant}:{lead}", record)

    def adjusted(self, name: object, points: int, at: int) -> None:
        record = {**about(ACME, lead(), name, at), "version": 2, "actor": "user:max", "points": points}
        self.write(LEAD, "LeadScoreAdjusted", f"{ACME}:{lead()}", {**record, "reason": "met at the fair"})

    def published(self, version: int, at: int, effective_at: int, *rules: dict[str, Any]) -> None:
        record = {"event_id": event(f"rules {version}"), "tenant_id": ACME, "rules_version": version}
        record |= {"occurred_at": at, "effective_at": effective_at, "actor": "user:ada", "rules": list(rules)}
        self.write(RULES, "ScoringRulesPublished", f"{ACME}:{version}", record)

    def tick(self, time: int) -> None:
        inputs = (LEAD, ENGAGED, RULES)
        ends = {topic: self.log.end(topic, 0) for topic in inputs}
        self.write(TICK, "Tick", "clock", {"time": time, "offset": 0, "ends": ends})

    def member(self, **wire: Any) -> Member:
        """A member that takes the partition over and has read everything."""
        engine: Member = Engine(
            ScoringFold(), CODEC, CATALOGUE, MemoryWire(self.log, **wire), Pulse(session_timeout=10)
        )
        engine.assign([0])
        self.feed(engine)
        return engine

    def feed(self, engine: Member, topics: Iterable[str] = ()) -> None:
        """Folds all there is, topic after topic."""
        self.some(engine, {t: self.log.end(t, 0) for t in topics or engine.topics})

    def some(self, engine: Member, stops: dict[str, int], overlapping: bool = False) -> None:
        """Folds up to before some offsets; the group is safe then, or (overlapping) still under way."""
        start = engine.next(0)
        fold = engine.advance if overlapping else engine.process
        fold([raw for t, stop in stops.items() for raw in self.log.raws(t, 0, start[t], stop)])
        while engine.more:
            engine.process([])

    def scores(self, of: str = lead()) -> list[dict[str, Any]]:
        told = [CODEC.decode("leads.score", kept.value)[1] for kept in self.log.records["leads.score", 0]]
        return [record for record in told if record["lead_id"] == of]

    def held(self, of: str = lead()) -> "Reader":
        reader = Reader()
        for record in self.scores(of):
            reader.read(record)
        return reader

    def dead(self) -> list[str]:
        found = self.log.records["leads.dead-letter", 0]
        return [str(dict(kept.headers or [])["x-cause"]) for kept in found]


def about(tenant: str, lead: str, name: object, at: int) -> dict[str, Any]:
    return {"event_id": event(name), "tenant_id": tenant, "lead_id": lead, "occurred_at": at}


class Reader:
    """Keeps the highest (epoch, sequence), as the contract asks of every reader."""

    def __init__(self) -> None:
        self.at = (-1, -1)
        self.lines: dict[tuple[str, str], dict[str, Any]] = {}
        self.raw = 0

    def read(self, record: dict[str, Any]) -> None:
        if (record["epoch"], record["sequence"]) <= self.at:
            return
        self.at, self.raw = (record["epoch"], record["sequence"]), record["raw"]
        if record["full"]:
            self.lines.clear()
        for gone in record["removed"]:
            del self.lines[gone["rule"], gone["event_id"]]
        for line in record["added"]:
            self.lines[line["rule"], line["event_id"]] = line
        assert sum(line["points"] for line in self.lines.values()) == self.raw


def rule(key: str, points: int, kind: str, **more: Any) -> dict[str, Any]:
    return {"rule": key, "category": "engagement", "points": points, "event_kind": kind, **more}


@pytest.fixture
def world() -> World:
    return World()


def test_a_lead_becomes_a_score_and_engagement_raises_it(world: World) -> None:
    world.created()
    world.did("pricing", "pricing_page_visited", START + 1)
    world.did("odd", "coffee_drunk", START + 2)
    world.adjusted("by hand", -5, START + 3)
    world.member()
    told = {s["cause"]: s for s in world.scores()}
    assert set(told) == {"facts", "adjustment"}, "engagement was read first and waited"
    assert (told["facts"]["shown"], told["facts"]["previous_shown"], told["facts"]["full"]) == (65, 0, True)
    by_hand = told["adjustment"]
    assert (by_hand["shown"], by_hand["previous_shown"], by_hand["full"]) == (60, 65, False)
    assert (by_hand["cause_id"], by_hand["grade"]) == (event("by hand"), "A3")
    assert world.held().raw == 45 + 20 - 5


def test_engagement_that_comes_before_the_lead_waits_for_it(world: World) -> None:
    world.did("demo", "demo_requested", START - DAY)
    world.member()
    assert world.scores() == []
    world.created()
    world.member()
    assert [(s["raw"], s["full"]) for s in world.scores()] == [(70, True)]


def test_the_latency_begins_at_the_front_door(world: World) -> None:
    world.created()
    engine = world.member()
    world.did("demo", "demo_requested", START + 1)
    world.feed(engine)
    assert world.scores()[-1]["recorded_at"] == START + 6


def test_the_first_word_in_an_epoch_is_the_whole_list_even_if_nothing_changed(world: World) -> None:
    world.created()
    world.member()
    world.did("odd", "coffee_drunk", START + 2)
    world.member()
    first, second = world.scores()
    assert (second["full"], second["added"]) == (True, first["added"])
    assert second["epoch"] > first["epoch"]
    assert (second["sequence"], second["shown"], second["previous_shown"]) == (1, 45, 45)


def test_a_repeat_says_nothing(world: World) -> None:
    world.created()
    for _ in range(3):
        world.did("demo", "demo_requested", START + 1)
    world.member()
    assert world.held().raw == 70
    assert len(world.scores()) <= 2


def test_a_record_under_another_leads_key_is_a_dead_letter(world: World) -> None:
    world.created(lead(2))
    record = {**about(ACME, lead(1), "lost", START), "kind": "demo_requested", "received_at": START}
    world.write(ENGAGED, "EngagementRecorded", f"{ACME}:{lead(3)}", {**record, "source_id": event("s")})
    world.member()
    assert world.dead() == ["step-failed"]
    assert world.held(lead(2)).raw == 45


def test_what_became_of_a_lead_is_not_its_score(world: World) -> None:
    moved = {**about(ACME, lead(), "moved", START), "version": 2, "actor": "user:ana", "status": "qualified"}
    moved |= {"previous": "new", "pinned": True, "seconds_in_previous": 1, "score": 0}
    world.write(LEAD, "LeadStatusChanged", f"{ACME}:{lead()}", moved)
    world.member()
    assert (world.scores(), world.dead()) == ([], [])


def test_published_rules_count_every_lead_of_the_tenant_anew(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.leads.processors.fold.RESCORED_AT_ONCE", 3)
    for number in range(10):
        world.created(lead(number))
        world.did(f"odd {number}", "coffee_drunk", START + 1, lead(number))
    world.created(lead(99), GLOBEX)
    engine = world.member()
    world.published(2, START + DAY, START + DAY, rule("coffee", 30, "coffee_drunk"))
    world.feed(engine)
    for number in range(10):
        last = world.scores(lead(number))[-1]
        assert (last["raw"], last["rules_version"], last["cause"], last["full"]) == (30, 2, "rules", True)
    assert [s["rules_version"] for s in world.scores(lead(99))] == [1]


def test_rules_wait_for_their_time_also_over_a_crash(world: World) -> None:
    world.created()
    world.did("odd", "coffee_drunk", START + 1)
    world.published(2, START, START + DAY, rule("coffee", 30, "coffee_drunk"))
    world.published(3, START, START + 2 * DAY, rule("coffee", 40, "coffee_drunk"))
    world.tick(START + DAY - 1)
    world.member()
    assert world.held().raw == 45
    world.tick(START + DAY)
    world.member()
    assert world.held().raw == 30
    world.tick(START + 3 * DAY)
    world.member()
    assert world.held().raw == 40


def test_a_lead_that_comes_after_the_rules_is_scored_by_them(world: World) -> None:
    world.published(2, START, START, rule("coffee", 30, "coffee_drunk"))
    world.member()
    world.created()
    world.did("odd", "coffee_drunk", START + 1)
    world.member()
    assert (world.held().raw, world.scores()[-1]["rules_version"]) == (30, 2)


def test_points_expire_when_it_is_time(world: World) -> None:
    world.published(2, START, START, rule("coffee", 30, "coffee_drunk", expiry=86_400))
    world.created()
    world.did("odd", "coffee_drunk", START + 1)
    world.member()
    world.tick(START + 9 * DAY)
    world.member()
    last = world.scores()[-1]
    assert (last["raw"], last["cause"], last["occurred_at"]) == (0, "time", START + 1 + DAY)
    assert last["added"][0]["reason"] == "expired"


def test_a_state_of_the_first_format_is_still_read(world: World) -> None:
    world.created()
    world.did("pricing", "pricing_page_visited", START + 1)
    scores, key = ScoringFold(), f"{ACME}:{lead()}".encode()
    state = world.member().state(key, 0)
    assert isinstance(state, Scored)
    sums, (facts, *others) = plain(state.state)
    kept = (state.epoch, state.sequence, state.state.size, state.events, (facts, *sums, *others))
    again = scores.unpack(msgpack.packb((1, "lead", *kept)))
    assert scores.pack(again) == scores.pack(state)


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_whatever_crashes_and_interleaves_readers_end_with_the_fold(data: st.DataObject) -> None:
    world, evidence = World(), history(data)
    for one in evidence:
        if isinstance(one, Facts):
            world.created(at=one.at)
        elif isinstance(one, Engagement):
            world.did(one.id, one.kind, one.at)
    ends = {topic: world.log.end(topic, 0) for topic in (LEAD, ENGAGED)}
    for _ in range(data.draw(st.integers(0, 4))):
        crash(world, data, ends)
    world.member()
    named = [e._replace(id=event(e.id)) if isinstance(e, Engagement) else e for e in evidence]
    expected = fold(named, default_rules())
    assert expected
    reader = world.held()
    assert reader.raw == expected.raw
    assert {k: v["points"] for k, v in reader.lines.items()} == {
        (c.rule, c.event_id): c.points for c in expected.added
    }


def crash(world: World, data: st.DataObject, ends: dict[str, int]) -> None:
    """A member that reads some topics up to somewhere and dies after so many records written."""
    engine: Member = Engine(
        ScoringFold(), CODEC, CATALOGUE, wire := MemoryWire(world.log), Pulse(session_timeout=10)
    )
    engine.assign([0])
    wire.refuse_after = data.draw(st.integers(0, 30))
    stops = {t: data.draw(st.integers(0, end)) for t, end in ends.items()}
    order = data.draw(st.permutations(sorted(stops)))
    try:
        for topic in order:
            stop = max(stops[topic], engine.next(0)[topic])
            world.some(engine, {topic: stop}, overlapping=data.draw(st.booleans()))
    except Undelivered:
        pass


def history(data: st.DataObject) -> Sequence[Evidence]:
    kinds = st.sampled_from(
        ["email_opened", "pricing_page_visited", "demo_requested", "website_visited", "odd"]
    )
    times = st.integers(START, START + 50 * DAY)
    names = st.integers(0, 30).map(str)
    events = data.draw(st.lists(st.builds(Engagement, names, times, kinds, st.none()), max_size=25))
    created = Facts(event(f"created {lead()}"), START, 1, PROFILE)
    once: list[Evidence] = list({e.id: e for e in reversed(events)}.values())
    return data.draw(st.permutations([created, *once, *once[:3]]))
