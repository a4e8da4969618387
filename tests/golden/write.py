"""Wrote `life.v1.jsonl`: `python -m tests.golden.write`. Kept to show how, not to be run again (G15).

Hana of Initech is entered, reads the prices, asks for a demo (told twice), opens a mail, does something that
no rule knows, is corrected by hand, given to somebody, converted into a new account. Written with the first
version of every schema; scores are those that the rules gave then.
"""

import base64
import io
import os
from collections.abc import Iterator, Mapping
from typing import Any

import fastavro
import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import SecretStr

from chassis.catalogue import Catalogue
from chassis.headers import cloud_event
from chassis.ids import derived_id, tenant_id, user_id
from chassis.pii import Vault
from chassis.settings import LOCAL_PII_KEY
from tests.golden import LOG, Kept

TENANT = tenant_id("acme")
HOUR = 3_600_000
START = 1_772_442_000_000  # 2026-03-02T09:00:00Z
EMAIL = "hana.okafor@initech.example"
PERSON = {"first_name": "Hana", "last_name": "Okafor", "company": "Initech", "job_title": "Head of Platform"}
PERSON |= {"email": EMAIL, "phone": "+4930901820"}
FACTS = {"has_email": True, "has_phone": True, "has_company": True, "industry": "technology"}
FACTS |= {"company_size": "enterprise", "country": "DE", "lead_source": "web_form", "esg_interest": "high"}
PROFILE = {"email_present": 10, "phone_present": 10, "company_present": 10}
PROFILE |= {"industry": 15, "company_size": 10}
Record = dict[str, Any]


def golden(*name: object) -> str:
    """An id of this story."""
    return str(derived_id("golden", *name))


LEAD = golden("lead")
OWNER = str(user_id(TENANT, "ana"))
SCORES = (
    ("created", 55, 55, 0, "A4", 0),
    ("pricing", 75, 55, 20, "A3", 1),
    ("demo", 100, 55, 45, "A2", 2),
    ("mail", 105, 55, 50, "A1", 3),
    ("by hand", 95, 55, 40, "A2", 4),
)
"""Cause, raw, fit, engagement, grade, hours after the beginning."""
ENGAGED = (
    ("pricing", "pricing_page_visited", None, 1),
    ("demo", "demo_requested", None, 2),
    ("demo", "demo_requested", None, 2),
    ("mail", "email_opened", 7, 3),
    ("coffee", "coffee_drunk", None, 3),
)


def records() -> Iterator[tuple[str, str, str, Record]]:
    """Topic, type, subject of the key, record; every topic in its order."""
    pii, key = sealed(LEAD, PERSON)
    yield "leads.subject-key", "SubjectKey", LEAD, key
    yield from people()
    yield from (("leads.lead", type, LEAD, record) for type, record in lead(pii, key["key_id"]))
    for name, kind, once, hours in ENGAGED:
        at = START + hours * HOUR
        record: Record = {"event_id": golden(name), "tenant_id": str(TENANT), "lead_id": LEAD, "kind": kind}
        record |= {"occurred_at": at, "received_at": at + 20, "once_key": once, "path": None}
        yield "engagement.recorded", "EngagementRecorded", LEAD, record | {"source_id": golden("website")}
    yield from (("leads.score", "ScoreChanged", LEAD, score(number)) for number in range(len(SCORES)))


def people() -> Iterator[tuple[str, str, str, Record]]:
    """Who works at ACME."""
    for login, role, manager in (
        ("max", "manager", None),
        ("ana", "rep", "max"),
        ("eva", "account_manager", None),
    ):
        user = str(user_id(TENANT, login))
        pii, key = sealed(user, {"name": login.title(), "email": f"{login}@acme.example"})
        yield "identity.subject-key", "SubjectKey", user, key
        record: Record = {"event_id": golden(login), "tenant_id": str(TENANT), "user_id": user, "version": 1}
        record |= {"occurred_at": START - HOUR, "login": login, "roles": [role], "team": "north"}
        record |= {"manager_id": manager and str(user_id(TENANT, manager)), "active": True}
        yield "identity.user", "User", user, record | {"pii": pii, "key_id": key["key_id"]}


def lead(pii: bytes, key_id: str) -> Iterator[tuple[str, Record]]:
    """What the leads service said of Hana."""
    whole: Record = {"owner_id": OWNER, "account_id": None, "lead_source": "web_form", "facts": FACTS}
    whole |= {"created_at": START, "pii": pii, "key_id": key_id, "email_hash": hashed(EMAIL)}
    status: Record = {
        "pinned": False,
        "reason_code": None,
        "reason": None,
        "rules_version": 1,
        "owner_id": OWNER,
    }
    given: Record = {"owner_id": OWNER, "account_id": None, "lead_source": "web_form"}
    ids: Record = {"conversion_id": golden("conversion"), "path": "A", "account_id": golden("account")}
    ids |= {"contact_id": golden("contact"), "owner_id": OWNER, "lead_source": "web_form", "score": 95}
    start: Record = {"contact_exists": False, "industry": "technology", "country": "DE", "territory": None}
    start |= {"esg_interest": "high", "mapped": {}, "email_hash": hashed(EMAIL), "pii": pii, "key_id": key_id}
    end: Record = {"opportunity_id": None, "account_owner_id": str(user_id(TENANT, "eva")), "follow_ons": []}
    told: list[tuple[str, int, Record]] = [
        ("LeadCreated", 0, {**whole, "status": "contacted"}),
        ("LeadAssigned", 0, {**given, "previous_owner_id": None, "rule": "territory", "reason": "North."}),
        ("LeadStatusChanged", 1, {**status, "status": "qualified", "previous": "contacted", "score": 75}),
        ("LeadScoreAdjusted", 4, {"points": -10, "reason": "Only a student."}),
        ("LeadChanged", 5, {**whole, "status": "qualified", "changed": ["job_title"]}),
        ("ConversionStarted", 6, {**ids, **start}),
        ("LeadStatusChanged", 6, {**status, "status": "converted", "previous": "qualified", "score": 95}),
        ("LeadConverted", 6, {**ids, **end}),
    ]
    for version, (type, hours, rest) in enumerate(told, 1):
        id = (
            golden("by hand")
            if type == "LeadScoreAdjusted"
            else golden("created" if version == 1 else version)
        )
        about = {"event_id": id, "tenant_id": str(TENANT), "lead_id": LEAD, "version": version}
        moved = {"seconds_in_previous": hours * 3600} if type == "LeadStatusChanged" else {}
        yield type, {**about, "occurred_at": START + hours * HOUR, "actor": f"user:{OWNER}", **rest, **moved}


def score(number: int) -> Record:
    """One outcome of the scoring of that time: the first in full, then what came."""
    name, raw, fit, engagement, grade, hours = SCORES[number]
    at = START + hours * HOUR
    lines = [line(rule, "fit", "created", points, START) for rule, points in PROFILE.items()]
    if number:
        rule = {"pricing": "pricing_page_visited", "demo": "demo_requested", "mail": "email_opened"}.get(name)
        lines = [line(rule or "adjustment", "engagement", name, raw - SCORES[number - 1][1], at)]
    return {
        "event_id": f"{LEAD}:7:{number + 1}",
        "tenant_id": str(TENANT),
        "lead_id": LEAD,
        "epoch": 7,
        "sequence": number + 1,
        "full": number == 0,
        "occurred_at": at,
        "recorded_at": at + 20,
        "cause_id": golden(name),
        "cause": {"created": "facts", "by hand": "adjustment"}.get(name, "engagement"),
        "raw": raw,
        "shown": min(100, raw),
        "previous_shown": min(100, SCORES[number - 1][1]) if number else 0,
        "fit": fit,
        "engagement": engagement,
        "grade": grade,
        "rules_version": 1,
        "next_change_at": None,
        "added": lines,
        "removed": [],
    }


def line(rule: str, category: str, cause: str, points: int, at: int) -> Record:
    """A contribution."""
    known = {"rule": rule, "rule_version": 1, "category": category, "event_id": golden(cause)}
    return {**known, "occurred_at": at, "points": points, "reason": None}


def hashed(email: str) -> str:
    """The keyed hash of an address."""
    return Vault(SecretStr(LOCAL_PII_KEY)).email_hash(TENANT, email)


def sealed(subject: str, fields: Mapping[str, Any]) -> tuple[bytes, Record]:
    """Personal fields in the first format of seals, and the event that brings their key."""
    key_id, data_key, nonce = golden("key", subject), AESGCM.generate_key(256), os.urandom(12)
    bound = TENANT.bytes + key_id.encode()
    wrapped = nonce + AESGCM(base64.b64decode(LOCAL_PII_KEY)).encrypt(nonce, data_key, bound)
    pii = b"\x01" + nonce + AESGCM(data_key).encrypt(nonce, orjson.dumps(fields), bound)
    record = {"key_id": key_id, "tenant_id": str(TENANT), "subject_id": subject, "wrapped": wrapped}
    return pii, record | {"occurred_at": START - HOUR}


def kept(catalogue: Catalogue, topic: str, type: str, subject: str, record: Record) -> Kept:
    """The record as the first version of its schema writes it."""
    found = next(r for r in catalogue.topic(topic).records if r.name == type)
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(found.versions[0]), record, strict=True)
    source = {"leads": "/leads", "engagement": "/engagement", "identity": "/identity"}[
        topic.partition(".")[0]
    ]
    id = record.get("event_id") or record["key_id"]
    headers = cloud_event(id=id, type=found.full_name, source=source, tenant=str(TENANT))
    return Kept(topic, type, f"{TENANT}:{subject}", {n: v.decode() for n, v in headers}, out.getvalue())


if __name__ == "__main__":
    contract = Catalogue.load()
    LOG.write_text("".join(f"{kept(contract, *told).line()}\n" for told in records()))
