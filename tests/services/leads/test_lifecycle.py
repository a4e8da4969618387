"""What becomes of a lead: moved by command, archived, contacted; who did what, when and why."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import update

from chassis.clock import millis
from chassis.ids import user_id
from services.leads import commands
from services.leads.models import Lead
from tests.services.leads.conftest import ACME, GLOBEX, NOON, Door, House
from tests.services.leads.test_api import JO, LEADS, created, rise, said
from tests.services.leads.test_capture import told

UNQUALIFIED = {"status": "unqualified", "reason_code": "budget", "reason": "None."}


def path_of(lead: dict[str, Any], what: str = "") -> str:
    """Where a lead is found."""
    return f"{LEADS}/{lead['id']}{what}"


def history(client: httpx.Client, lead: dict[str, Any], *kinds: str) -> list[dict[str, Any]]:
    """Entries of some kinds, the newest first."""
    entries = client.get(path_of(lead, "/history")).json()["items"]
    return [entry for entry in entries if entry["type"] in kinds]


def test_an_unqualified_lead_is_taken_up_again_where_its_score_stands(
    ana: httpx.Client, house: House
) -> None:
    lead = created(ana)
    ana.post(path_of(lead, "/status"), json=UNQUALIFIED)
    rise(house, lead, 75)
    assert ana.get(path_of(lead)).json()["status"] == "unqualified"
    again = ana.post(path_of(lead, "/reopen"), json={"reason": "They called."})
    assert (again.status_code, again.json()["status"], again.json()["score"]) == (200, "qualified", 75)
    assert [(e["previous"], e["status"], e["reason"]) for e in told(house, "LeadStatusChanged")] == [
        ("contacted", "unqualified", "None."),
        ("unqualified", "qualified", "They called."),
    ]
    assert said(ana.post(path_of(lead, "/reopen"), json={})) == (422, ["#/reason"])


def test_an_archived_lead_is_out_of_the_way_and_comes_back(ana: httpx.Client, house: House) -> None:
    lead = created(ana)
    other = created(ana, company="Other")
    gone = ana.post(path_of(lead, "/archive"), json={"reason": "Twice here."})
    assert (gone.status_code, gone.json()["archived"], gone.json()["version"]) == (200, True, 2)
    assert ana.post(path_of(lead, "/archive"), json={}).json()["version"] == 2
    assert [one["id"] for one in ana.get(LEADS).json()["items"]] == [other["id"]]
    assert [one["id"] for one in ana.get(LEADS, params={"archived": True}).json()["items"]] == [lead["id"]]
    rise(house, lead, 90)
    refused = ana.post(path_of(lead, "/status"), json={"status": "qualified"})
    assert (refused.status_code, refused.json()["allowed"]) == (409, [])
    assert (ana.get(path_of(lead)).json()["status"], told(house, "LeadStatusChanged")) == ("contacted", [])
    back = ana.post(path_of(lead, "/restore"), json={})
    assert (back.json()["archived"], back.json()["status"]) == (False, "qualified")
    assert [(e["changed"], e["archived"]) for e in told(house, "LeadChanged")] == [
        (["archived"], True),
        (["archived"], False),
    ]
    assert [(e["type"], e["why"]) for e in history(ana, lead, "archived", "restored")] == [
        ("restored", None),
        ("archived", "Twice here."),
    ]


def set_row(house: House, lead: dict[str, Any], **values: Any) -> None:
    """The lead as another part of the service leaves it."""
    mine = (Lead.tenant_id == ACME, Lead.id == lead["id"])
    house.run(lambda uow: uow.session.execute(update(Lead).where(*mine).values(**values)))


def test_a_converted_lead_is_never_deleted(ana: httpx.Client, ada: httpx.Client, house: House) -> None:
    lead = created(ana)
    set_row(house, lead, status="converted")
    assert ada.delete(path_of(lead)).status_code == 409
    assert ana.post(path_of(lead, "/reopen"), json={"reason": "Again."}).status_code == 409
    assert ana.post(path_of(lead, "/archive"), json={}).json()["archived"]


def test_who_deletes_a_lead_archives_it(ana: httpx.Client, ada: httpx.Client) -> None:
    lead = created(ana)
    assert ana.delete(path_of(lead)).status_code == 403
    assert [ada.delete(path_of(lead)).status_code for _ in range(2)] == [204, 204]
    assert ana.get(path_of(lead)).json()["archived"]


def test_nobody_moves_a_lead_while_it_is_converted(ana: httpx.Client, house: House) -> None:
    lead = created(ana)
    set_row(house, lead, conversion_id=uuid4())
    for path, body in (("/status", UNQUALIFIED), ("/reopen", {"reason": "x"}), ("/archive", {})):
        refused = ana.post(path_of(lead, path), json=body)
        assert (refused.status_code, refused.json()["allowed"]) == (409, []), path


def test_the_first_human_contact_ends_the_wait(ana: httpx.Client, door: Door, house: House) -> None:
    lead = created(ana)
    rise(house, lead, 90)
    assert ana.get(path_of(lead)).json()["first_contacted_at"] is None, "a score is no contact"
    door.later(hours=3)
    path = path_of(lead, "/activities")
    with door.client("bot", "service") as bot:
        assert not bot.post(path, json={"activity": "mail"}).json()["first"]
    assert not ana.post(path, json={"activity": "note", "text": "Looks good."}).json()["first"]
    call = ana.post(path, json={"activity": "call", "text": "Wants an offer."})
    assert (call.status_code, call.json()["first_contacted_at"]) == (201, "2026-03-02T15:00:00Z")
    late = ana.post(path, json={"activity": "mail", "happened_at": "2026-03-02T14:30:00+01:00"}).json()
    assert (late["first"], late["first_contacted_at"]) == (True, "2026-03-02T13:30:00Z")
    assert not ana.post(path, json={"activity": "meeting"}).json()["first"]
    assert [(e["activity"], e["first"]) for e in told(house, "LeadActivityLogged")] == [
        ("mail", False),
        ("note", False),
        ("call", True),
        ("mail", True),
        ("meeting", False),
    ]
    entry = history(ana, lead, "activity")[2]
    assert (entry["what"]["activity"], entry["why"]) == ("call", "Wants an offer.")
    assert entry["who"] == f"user:{user_id(ACME, 'ana')}"


WRONG_TIMES = ["2026-03-02T13:00:00", "2026-03-02", "now", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]
WRONG_TIMES += ["2026-03-02T24:00:00Z", "2026-06-30T23:59:60Z", "2026-02-30T10:00:00Z", "1772452800"]


@pytest.mark.parametrize("when", [*WRONG_TIMES, "2026-03-02T12:06:00Z", 1772452800])
def test_a_time_is_one_with_its_zone_and_has_come(ana: httpx.Client, when: Any) -> None:
    lead = created(ana)
    body = {"activity": "call", "happened_at": when}
    assert ana.post(path_of(lead, "/activities"), json=body).status_code == 422
    consent = {"state": "granted", "source": "call", "at": when}
    assert ana.put(path_of(lead, "/consents/email"), json=consent).status_code == 422


def test_what_a_person_allows_is_kept_with_time_source_and_proof(
    ana: httpx.Client, door: Door, house: House
) -> None:
    form = {"state": "granted", "source": "web_form", "proof": "I agree to mails, 2026-01"}
    lead = created(ana, **JO, consents={"email": form})
    assert lead["consents"]["email"] == {**form, "at": "2026-03-02T12:00:00+00:00"}
    assert lead["version"] == 2
    door.later(days=1)
    path = path_of(lead, "/consents")
    call = {"state": "withdrawn", "source": "call"}
    assert ana.put(f"{path}/email", json=call).json()["consents"]["email"]["state"] == "withdrawn"
    assert ana.put(f"{path}/sms", json=call).json()["version"] == 4
    earlier = {**form, "at": "2026-03-02T20:00:00Z"}
    assert ana.put(f"{path}/email", json=earlier).json()["version"] == 4, "the later word holds"
    assert ana.put(f"{path}/fax", json=call).status_code == 404
    assert said(ana.put(f"{path}/email", json={"state": "maybe", "source": "x"})) == (422, ["#/state"])
    assert [(e["channel"], e["state"], e["version"]) for e in told(house, "LeadConsentChanged")] == [
        ("email", "granted", 2),
        ("email", "withdrawn", 3),
        ("sms", "withdrawn", 4),
    ]
    assert [e["what"]["state"] for e in history(ana, lead, "consent")] == [
        "withdrawn",
        "withdrawn",
        "granted",
    ]


def engaged(lead: str, kind: str, occurred: datetime, received: datetime) -> dict[str, Any]:
    """What leads reads of an engagement event."""
    times = {"occurred_at": millis(occurred), "received_at": millis(received)}
    return {"event_id": f"{kind} at {occurred:%H:%M}", "lead_id": lead, "kind": kind, **times}


def test_who_unsubscribes_allows_no_mail_any_more(ana: httpx.Client, house: House) -> None:
    lead = created(ana, **JO, consents={"email": {"state": "granted", "source": "web_form"}})
    a_day = NOON + timedelta(days=1)
    came = [
        engaged(lead["id"], "email_opened", NOON, NOON),
        engaged(lead["id"], "unsubscribed", NOON - timedelta(hours=1), NOON),
        engaged(lead["id"], "unsubscribed", a_day, NOON + timedelta(minutes=1)),
        engaged(str(uuid4()), "unsubscribed", NOON, NOON),
    ]
    for _ in range(2):
        house.run(lambda uow: commands.take_back_consents(uow, came))
    now = ana.get(path_of(lead)).json()
    assert (now["version"], now["consents"]["email"]) == (
        3,
        {
            "state": "withdrawn",
            "at": "2026-03-02T12:01:00+00:00",
            "source": "unsubscribed",
            "proof": f"event {came[2]['event_id']}",
        },
    )
    states = [event["state"] for event in told(house, "LeadConsentChanged")]
    assert states == ["granted", "withdrawn"], "what came before a later word says nothing, nor a repeat"


def test_the_first_and_the_last_touch_are_the_creation_at_first(ana: httpx.Client) -> None:
    lead = created(ana, company="ACME", utm={"source": "google", "medium": "cpc", "campaign": "spring"})
    assert (lead["channel"], lead["campaign"]) == ("cpc", "spring")
    assert lead["first_touch"] == lead["last_touch"]
    assert lead["first_touch"]["utm"]["source"] == "google"


def test_the_history_is_read_page_by_page_whatever_happened_at_one_time(ana: httpx.Client) -> None:
    lead = created(ana)
    for number in range(3):
        ana.post(path_of(lead, "/activities"), json={"activity": "note", "text": str(number)})
        ana.post(path_of(lead, "/status"), json={"status": ["new", "qualified", "contacted"][number]})
    whole = ana.get(path_of(lead, "/history")).json()["items"]
    assert len(whole) == 8
    for limit in (1, 2, 3):
        seen: list[dict[str, Any]] = []
        cursor: str | None = None
        while cursor is not None or not seen:
            params: dict[str, Any] = {"limit": limit} | ({"cursor": cursor} if cursor else {})
            page = ana.get(path_of(lead, "/history"), params=params).json()
            seen += page["items"]
            cursor = page["next"]
        assert seen == whole, limit


def test_globex_does_nothing_to_a_lead_of_acme(ana: httpx.Client, door: Door, house: House) -> None:
    lead = created(ana)
    calls = {
        "/reopen": {"reason": "x"},
        "/archive": {},
        "/restore": {},
        "/activities": {"activity": "call"},
    }
    with door.client("ada", "admin", tenant=GLOBEX) as other:
        answers = [other.post(path_of(lead, path), json=body) for path, body in calls.items()]
        answers.append(other.delete(path_of(lead)))
        body = {"state": "granted", "source": "x"}
        answers.append(other.put(path_of(lead, "/consents/email"), json=body))
    assert {answer.status_code for answer in answers} == {404}
    assert house.published(GLOBEX) == []
