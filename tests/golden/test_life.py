"""G15: today's readers make of a log of first versions what was agreed; old readers read today's records."""

import io
from collections.abc import Callable, Iterator
from itertools import permutations
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import fastavro
import pytest
from sqlalchemy import text

from chassis.catalogue import Catalogue
from chassis.catalogue.check import read_example
from chassis.catalogue.contract import ROOT, Record
from chassis.consumer.batch import Batch
from chassis.consumer.offsets import create
from chassis.consumer.records import Decoder
from chassis.ids import user_id
from chassis.service import Service
from chassis.streams import Fold
from chassis.streams.engine import Engine
from chassis.streams.memory import MemoryLog, MemoryWire
from chassis.streams.pulse import Pulse
from chassis.testing import packaged_codec
from services.accounts.__main__ import SERVICE as ACCOUNTS
from services.leads.__main__ import SERVICE as LEADS
from services.leads.processors import ScoringFold
from services.notifications.__main__ import SERVICE as NOTIFICATIONS
from services.notifications.processors import AlertFold
from services.notifications.queries import list_inbox
from tests.golden import raw_records
from tests.golden.write import EMAIL, FACTS, LEAD, OWNER, PROFILE, golden
from tests.services.house import ACME, House, opened

CATALOGUE = Catalogue.load()
CODEC = packaged_codec(CATALOGUE)
POINTS = {
    ("email_present", "created"): 10,
    ("phone_present", "created"): 10,
    ("company_present", "created"): 10,
    ("industry", "created"): 15,
    ("company_size", "created"): 10,
    ("pricing_page_visited", "pricing"): 20,
    ("demo_requested", "demo"): 25,
    ("email_opened", "mail"): 5,
    ("adjustment", "by hand"): -10,
}
"""Hana's receipt: rule and cause to points."""
AGREED = {(rule, golden(cause)): points for (rule, cause), points in POINTS.items()}
Databases = Callable[[str], dict[str, str]]


def folded(fold: Fold[Any], output: str) -> list[tuple[str, dict[str, Any]]]:
    """What a fold makes of the log, in the order in which it says it."""
    log = MemoryLog()
    for raw in raw_records(CATALOGUE, set(fold.inputs)):
        assert raw.value is not None
        log.append(raw.topic, 0, raw.key or b"", raw.value)
    engine: Engine[Any] = Engine(fold, CODEC, CATALOGUE, MemoryWire(log), Pulse(session_timeout=10))
    engine.assign([0])
    start = engine.next(0)
    engine.process([raw for t in engine.topics for raw in log.raws(t, 0, start[t], log.end(t, 0))])
    assert not log.records[fold.dead_letter, 0]
    return [CODEC.decode(output, kept.value) for kept in log.records[output, 0]]


def replay(service: Service, house: House) -> None:
    """The log through the service's handlers, as its consumer does it, and all of it once more."""
    runtime: Any = SimpleNamespace(vault=house.vault, catalogue=CATALOGUE, codec=CODEC, clock=house.clock)
    consumers = service.declared(runtime)
    assert consumers is not None
    decoder = Decoder(CODEC, CATALOGUE, consumers.group)
    raws = list(raw_records(CATALOGUE, set(consumers.topics)))
    places = dict.fromkeys(((raw.topic, 0) for raw in raws), 0)
    with house.database.transaction() as work:
        create(work.session, consumers.group, dict.fromkeys(places, (0, "golden")))
    for again in (0, len(raws)):
        moved = [raw._replace(offset=raw.offset + again) for raw in raws]
        Batch(house.database, consumers).apply([decoder.decode(raw) for raw in moved], places)


def rows(house: House, query: str, **values: Any) -> list[tuple[Any, ...]]:
    """What a service's database says of ACME."""
    found: list[tuple[Any, ...]] = house.run(
        lambda uow: [tuple(row) for row in uow.session.execute(text(query), values)]
    )
    return found


@pytest.fixture
def leads(database: Databases) -> Iterator[House]:
    with House.over(LEADS, database("leads")) as house:
        yield house


@pytest.fixture
def accounts(database: Databases) -> Iterator[House]:
    with House.over(ACCOUNTS, database("accounts")) as house:
        yield house


@pytest.fixture
def notifications(database: Databases) -> Iterator[House]:
    with House.over(NOTIFICATIONS, database("notifications")) as house:
        yield house


def test_the_scoring_of_today_gives_the_points_that_were_agreed() -> None:
    lines: dict[tuple[str, str], int] = {}
    told = [record for _, record in folded(ScoringFold(), "leads.score")]
    for record in told:
        lines |= {(line["rule"], line["event_id"]): line["points"] for line in record["added"]}
    counted = {key: points for key, points in lines.items() if points}
    last = told[-1]
    assert counted == AGREED
    assert (last["raw"], last["shown"], last["fit"], last["engagement"], last["grade"]) == (
        95,
        95,
        55,
        40,
        "A2",
    )


def test_the_alerting_of_today_raises_what_was_agreed_and_ends_it_with_the_conversion() -> None:
    told = folded(AlertFold(), "notifications.alert")
    raised = {r["alert_id"]: (r["kind"], r["threshold"]) for type, r in told if type == "AlertRaised"}
    ended = {record["alert_id"] for type, record in told if type == "AlertResolved"}
    assert sorted(raised.values()) == [("high_value", 85), ("score_threshold", 40), ("score_threshold", 70)]
    assert ended == raised.keys()


def test_leads_stores_old_scores_and_people(leads: House, tmp_path: Path) -> None:
    for door in opened(leads, tmp_path):
        with door.client() as ana:
            said = {name: FACTS[name] for name in ("industry", "company_size", "country", "lead_source")}
            made = ana.post(
                "/api/leads", json={**said, "email": EMAIL, "phone": "+4930901820", "company": "I"}
            )
            assert made.json()["score"] == 55
    copied = (
        "INSERT INTO leads SELECT (jsonb_populate_record(l, jsonb_build_object('id', CAST(:id AS text)))).*"
    )
    leads.run(lambda uow: uow.session.execute(text(f"{copied} FROM leads l"), {"id": LEAD}))
    replay(LEADS, leads)
    lead = "SELECT raw, score, fit, engagement, grade, status FROM leads WHERE id = :id"
    assert rows(leads, lead, id=UUID(LEAD)) == [(95, 95, 55, 40, "A2", "qualified")]
    receipt = "SELECT rule, event_id, points FROM contributions WHERE lead_id = :id AND points <> 0"
    kept = {(rule, str(event)): points for rule, event, points in rows(leads, receipt, id=UUID(LEAD))}
    assert kept == AGREED
    people = "SELECT login, roles, team, territories, capacity, visibility FROM colleagues ORDER BY login"
    assert rows(leads, people) == [
        ("ana", ["rep"], "north", [], None, None),
        ("eva", ["account_manager"], "north", [], None, None),
        ("max", ["manager"], "north", [], None, None),
    ]


def test_notifications_knows_the_lead_and_has_told_of_the_conversion(notifications: House) -> None:
    replay(NOTIFICATIONS, notifications)
    assert rows(notifications, "SELECT version, status, owner_id FROM leads") == [
        (7, "converted", UUID(OWNER))
    ]
    eva = user_id(ACME, "eva")
    inbox = notifications.run(lambda uow: list_inbox(uow, notifications.vault, eva, None, None, 10))
    told = [(item.alert.kind, item.alert.subject, str(item.alert.subject_id)) for item in inbox]
    assert told == [("lead_converted", "Hana Okafor", LEAD)]


def test_accounts_opens_the_account_of_an_old_conversion_once(accounts: House) -> None:
    replay(ACCOUNTS, accounts)
    account = "SELECT id, name, tier, esg_engagement, owner_id, closed_at FROM accounts"
    assert rows(accounts, account) == [
        (UUID(golden("account")), "Initech", "strategic", "high", UUID(OWNER), None)
    ]
    contact = "SELECT id, first_name, email, phone_e164, is_primary FROM contacts"
    assert rows(accounts, contact) == [(UUID(golden("contact")), "Hana", EMAIL, "+4930901820", True)]
    answers = [record for type, record, _ in accounts.published(ACME) if type == "ConversionAccountReady"]
    assert {answer["event_id"] for answer in answers} == {answers[0]["event_id"]}
    assert (answers[0]["account_created"], answers[0]["contact_created"]) == (True, True)
    told = "SELECT type, count(*) FROM timeline WHERE lead_id = :id AND account_id = :account GROUP BY type"
    assert dict(rows(accounts, told, id=UUID(LEAD), account=UUID(golden("account")))) == {
        "lead_created": 1,
        "lead_assigned": 1,
        "lead_band_changed": 2,
        "lead_status_changed": 2,
        "lead_converted": 1,
    }


CHANGED = [record for _, record in CATALOGUE.subjects() if len(record.versions) > 1]
PAIRS = [(r, *pair) for r in CHANGED for pair in permutations(range(1, len(r.versions) + 1), 2)]


@pytest.mark.parametrize(
    ("record", "writes", "reads"), PAIRS, ids=[f"{r.path}.v{w} as v{v}" for r, w, v in PAIRS]
)
def test_every_version_reads_every_other(record: Record, writes: int, reads: int) -> None:
    writer, reader = record.versions[writes - 1], record.versions[reads - 1]
    said = read_example(ROOT / f"examples/{record.path}.v{writes}.json", writer)
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(writer), said, strict=True)
    out.seek(0)
    read = fastavro.schemaless_reader(out, fastavro.parse_schema(writer), fastavro.parse_schema(reader))
    known = {field["name"] for field in writer["fields"]}
    defaults = {f["name"]: f["default"] for f in reader["fields"] if f["name"] not in known}
    names = {field["name"] for field in reader["fields"]}
    assert read == {name: value for name, value in (said | defaults).items() if name in names}
    assert out.read() == b""


def test_every_scored_rule_of_the_log_is_one_of_the_story() -> None:
    assert {rule for rule, cause in POINTS if cause == "created"} == PROFILE.keys()
