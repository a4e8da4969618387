"""The HTTP door of leads: created with a score, listed, explained, moved; nothing of another tenant."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from chassis.ids import user_id
from services.leads import commands
from services.leads.models import Lead
from tests.services.leads.conftest import ACME, GLOBEX, Door, House

LEADS = "/api/leads"
JO = {
    "first_name": "Jo",
    "last_name": "Doe",
    "email": "Jo.Doe@Example.com",
    "phone": "030 123456",
    "country": "DE",
    "company": "Acme",
    "industry": "technology",
    "company_size": "enterprise",
}
VISIT = {"rule": "visit", "category": "engagement", "points": 7, "event_kind": "website_visited"}


def created(client: httpx.Client, **fields: Any) -> dict[str, Any]:
    """A lead as the API answers it."""
    answer = client.post(LEADS, json=fields or JO)
    assert answer.status_code == 201, answer.text
    lead: dict[str, Any] = answer.json()
    return lead


def risen(lead: str, shown: int) -> dict[str, Any]:
    """What the stream says of another score."""
    return {
        "event_id": f"{lead}:9:{shown}", "lead_id": lead, "epoch": 9, "sequence": shown + 1,
        "full": False, "occurred_at": 1, "recorded_at": 1, "cause": "engagement", "cause_id": str(uuid4()),
        "raw": shown, "shown": shown, "fit": shown, "engagement": 0, "grade": "A4", "rules_version": 1,
        "next_change_at": None, "added": [], "removed": [],
    }  # fmt: skip


def rise(house: House, lead: dict[str, Any], shown: int) -> None:
    """The stream says another score."""
    house.run(lambda uow: commands.store_scores(uow, [risen(lead["id"], shown)]))


def test_a_lead_is_created_with_its_score_status_and_why(ana: httpx.Client, house: House) -> None:
    answer = ana.post(LEADS, json=JO)
    lead = answer.json()
    assert answer.headers["location"] == f"{LEADS}/{lead['id']}"
    wanted = {"score": 55, "fit": 55, "engagement": 0, "grade": "A4", "status": "contacted", "version": 1}
    assert {name: lead[name] for name in wanted} == wanted
    assert (lead["priority"], lead["lead_source"]) == ("medium", "manual")
    assert (lead["phone"], lead["phone_e164"]) == ("030 123456", "+4930123456")
    assert lead["owner_id"] == str(user_id(ACME, "ana"))
    assert {line["rule"]: line["points"] for line in lead["contributions"]} == {
        "email_present": 10,
        "phone_present": 10,
        "company_present": 10,
        "industry": 15,
        "company_size": 10,
    }
    told = [(kind, record) for kind, record, _ in house.published() if kind == "LeadCreated"]
    ((_, event),) = told
    assert (event["facts"]["has_email"], event["status"]) == (True, "contacted")
    assert "example" not in str({k: v for k, v in event.items() if k != "pii"}).lower()


def test_the_same_key_gives_the_same_lead(ana: httpx.Client) -> None:
    answers = [ana.post(LEADS, json=JO, headers={"idempotency-key": "form-1"}) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    other = ana.post(LEADS, json={"company": "Other"}, headers={"idempotency-key": "form-1"})
    assert other.status_code == 422
    assert len(ana.get(LEADS).json()["items"]) == 1


def test_leads_are_found_by_what_people_know_of_them(ana: httpx.Client, door: Door) -> None:
    jo = created(ana)
    door.later(seconds=1)
    created(ana, company="50% off", lead_source="referral")

    def found(**params: Any) -> list[str]:
        return [lead["company"] for lead in ana.get(LEADS, params=params).json()["items"]]

    assert found() == ["50% off", "Acme"]
    assert found(sort="-score") == ["Acme", "50% off"]
    assert found(email=" jo.doe@EXAMPLE.com") == ["Acme"]
    assert found(status="contacted") == found(priority="medium") == found(min_score=55) == ["Acme"]
    assert found(q="50%") == ["50% off"]
    assert found(q="doe") == ["Acme"]
    assert found(owner_id=jo["owner_id"]) == ["50% off", "Acme"]
    assert found(owner_id=str(uuid4())) == found(status="converted") == []


@pytest.mark.parametrize("sort", ["-created_at", "-score"])
def test_a_list_is_read_page_by_page_without_gap_or_repeat(ana: httpx.Client, door: Door, sort: str) -> None:
    for number in range(7):
        created(ana, first_name=str(number), **({"email": "a@b.example"} if number % 2 else {}))
        door.later(seconds=number % 3)
    whole = [lead["id"] for lead in ana.get(LEADS, params={"sort": sort}).json()["items"]]
    seen: list[str] = []
    cursor: str | None = None
    while cursor is not None or not seen:
        params: dict[str, Any] = {"limit": 2, "sort": sort} | ({"cursor": cursor} if cursor else {})
        page = ana.get(LEADS, params=params).json()
        seen += [lead["id"] for lead in page["items"]]
        cursor = page["next"]
    assert seen == whole
    assert len(set(seen)) == 7


WRONG_PARAMETERS: list[dict[str, Any]] = [
    {"limit": 0},
    {"limit": 201},
    {"sort": "email"},
    {"status": "gone"},
    {"cursor": "forged"},
    {"min_score": 101},
    {"owner_id": "me"},
]


def test_a_list_says_which_parameter_is_wrong(ana: httpx.Client) -> None:
    answers = [ana.get(LEADS, params=params) for params in WRONG_PARAMETERS]
    assert [said(answer) for answer in answers] == [
        (400, [f"query:{name}"]) for params in WRONG_PARAMETERS for name in params
    ]
    assert ana.get(LEADS, params={"q": "nul\x00"}).status_code == 400


WRONG_BODIES: dict[str, dict[str, Any]] = {
    "#/score": {"score": 100},
    "#/tenant_id": {"tenant_id": str(GLOBEX)},
    "#/owner_id": {"owner_id": str(uuid4())},
    "#/email": {"email": "no address"},
    "#/company_size": {"company_size": "huge"},
    "#/country": {"country": "Germany"},
    "#/last_name": {"last_name": 5},
    "#/first_name": {"first_name": "nul\x00"},
    "#/lead_source": {"lead_source": "dream"},
    "#/utm/source": {"utm": {"source": 1}},
    "#/phone": {"phone": "1" * 51},
}


def test_a_body_says_which_field_is_wrong(ana: httpx.Client) -> None:
    answers = [ana.post(LEADS, json=body) for body in WRONG_BODIES.values()]
    assert [said(answer)[1] for answer in answers] == [[pointer] for pointer in WRONG_BODIES]
    assert {answer.status_code for answer in answers} <= {400, 422}
    assert {answer.headers["content-type"] for answer in answers} == {"application/problem+json"}


def said(answer: httpx.Response) -> tuple[int, list[str]]:
    """The status and the places that a problem names."""
    return answer.status_code, [error["pointer"] for error in answer.json().get("errors", [])]


def test_what_people_write_is_kept_as_it_is(ana: httpx.Client) -> None:
    odd = "=cmd|' \u202e<b>Zoë\u0301 👩‍👩‍👧</b>"
    lead = created(ana, company=odd, phone="1-800-FLOWERS ext 5", email="jörg@müller.example")
    assert (lead["company"], lead["phone"], lead["phone_e164"]) == (odd, "1-800-FLOWERS ext 5", None)
    assert len(ana.get(LEADS, params={"email": "JÖRG@xn--mller-kva.example"}).json()["items"]) == 1


def test_a_change_needs_the_version_that_was_seen(ana: httpx.Client, house: House) -> None:
    lead = created(ana)
    path = f"{LEADS}/{lead['id']}"
    tag = ana.get(path).headers["etag"]
    assert ana.patch(path, json={"company": "New"}).status_code == 428
    answer = ana.patch(path, json={"company": "New", "phone": None}, headers={"if-match": tag})
    assert (answer.status_code, answer.json()["version"], answer.json()["score"]) == (200, 2, 55)
    assert ana.patch(path, json={"company": "Newer"}, headers={"if-match": tag}).status_code == 412
    again = ana.patch(path, json={"company": "New"}, headers={"if-match": '"2"'})
    assert again.json()["version"] == 2, "what is as it was changes nothing"
    changed = [record for kind, record, _ in house.published() if kind == "LeadChanged"]
    assert [(sorted(one["changed"]), one["facts"]["has_phone"]) for one in changed] == [
        (["company", "phone"], False)
    ]


def test_a_score_is_explained_point_by_point(ana: httpx.Client) -> None:
    lead = created(ana)
    score = ana.get(f"{LEADS}/{lead['id']}/score").json()
    assert (score["raw"], score["shown"], score["grade"], score["rules_version"]) == (55, 55, "A4", 1)
    assert sum(line["points"] for line in score["contributions"]) == 55
    assert set(score["contributions"][0]) >= {"rule", "rule_version", "event_id", "occurred_at", "points"}
    assert score["not_counted"] == []


def test_the_history_tells_who_what_when_and_why(ana: httpx.Client, door: Door, house: House) -> None:
    lead = created(ana)
    door.later(hours=2)
    rise(house, lead, 75)
    path = f"{LEADS}/{lead['id']}"
    door.later(hours=1)
    moved = ana.post(
        f"{path}/status", json={"status": "unqualified", "reason_code": "budget", "reason": "None."}
    )
    assert moved.status_code == 200
    entries = ana.get(f"{path}/history").json()["items"]
    statuses = [entry for entry in entries if entry["type"] == "status"]
    assert [(e["what"]["status"], e["what"]["seconds_in_previous"], e["why"]) for e in statuses] == [
        ("unqualified", 3600, "None."),
        ("qualified", 7200, "Score rose to 75."),
        ("contacted", 0, "Created."),
    ]
    assert statuses[0]["who"] == f"user:{user_id(ACME, 'ana')}"
    assert [e["what"]["shown"] for e in entries if e["type"] == "score"] == [75, 55]
    pages = [ana.get(f"{path}/history", params={"limit": 2}).json()]
    while pages[-1]["next"]:
        params = {"limit": 2, "cursor": pages[-1]["next"]}
        pages.append(ana.get(f"{path}/history", params=params).json())
    assert [entry for page in pages for entry in page["items"]] == entries


def test_the_status_rules_answer_for_themselves(ana: httpx.Client, house: House) -> None:
    lead = created(ana, company="Small")
    path = f"{LEADS}/{lead['id']}/status"
    warned = ana.post(path, json={"status": "qualified"})
    assert warned.json()["warnings"] == ["Qualified by hand with a score of 10, below 50."]
    assert ana.post(path, json={"status": "qualified"}).json()["version"] == 2
    bare = ana.post(path, json={"status": "unqualified"})
    assert bare.status_code == 422
    assert ana.post(path, json={"status": "converted"}).status_code == 409
    assert ana.post(path, json={"status": "lost"}).status_code == 422
    why = {"reason_code": "budget", "reason": "None."}
    assert ana.post(path, json={"status": "unqualified", **why}).status_code == 200
    refused = ana.post(path, json={"status": "qualified"})
    assert (refused.status_code, refused.json()["allowed"]) == (409, ["new"])
    events = [record for kind, record, _ in house.published() if kind == "LeadStatusChanged"]
    assert [(e["previous"], e["status"], e["pinned"]) for e in events] == [
        ("new", "qualified", True),
        ("qualified", "unqualified", False),
    ]


def test_points_by_hand_are_an_event_with_actor_and_reason(ana: httpx.Client, house: House) -> None:
    lead = created(ana)
    path = f"{LEADS}/{lead['id']}/adjustments"
    assert ana.post(path, json={"points": 12, "reason": "Met at the fair."}).status_code == 202
    (event,) = [record for kind, record, _ in house.published() if kind == "LeadScoreAdjusted"]
    assert (event["points"], event["reason"], event["version"]) == (12, "Met at the fair.", 2)
    assert event["actor"] == f"user:{user_id(ACME, 'ana')}"
    assert ana.post(path, json={"points": 1}).status_code == 422
    assert ana.post(path, json={"points": 1.5, "reason": "half"}).status_code == 422


def test_rules_are_drafted_then_published_into_every_partition(
    ada: httpx.Client, ana: httpx.Client, house: House
) -> None:
    rules = f"{LEADS}/scoring-rules"
    assert ada.get(rules).json()["in_force"] == 1
    assert ana.post(rules, json={"rules": [VISIT]}).status_code == 403
    draft = ada.post(rules, json={"rules": [VISIT]}).json()
    assert (draft["version"], draft["state"]) == (2, "draft")
    assert house.published() == []
    for _ in range(2):
        assert ada.post(f"{rules}/2/publish", json={}).json()["state"] == "published"
    sent = house.published()
    assert [partition for _, _, partition in sent] == list(range(12))
    assert {record["rules_version"] for _, record, _ in sent} == {2}
    assert ada.get(rules).json()["in_force"] == 2
    assert (created(ana)["score"], ada.post(f"{rules}/3/publish", json={}).status_code) == (0, 404)
    assert ada.post(f"{rules}/99999999999999/publish", json={}).status_code == 404


def test_rules_for_later_wait(ada: httpx.Client, ana: httpx.Client, door: Door) -> None:
    rules = f"{LEADS}/scoring-rules"
    ada.post(rules, json={"rules": [VISIT]})
    assert ada.post(f"{rules}/2/publish", json={"effective_at": "2026-03-05T00:00:00Z"}).status_code == 200
    assert created(ana)["score"] == 55
    door.later(days=3)
    assert created(ana)["score"] == 0


def test_rules_that_cannot_be_are_refused_by_field(ada: httpx.Client) -> None:
    bad = [
        VISIT,
        {**VISIT, "max_per_day": 0},
        {"rule": "x", "category": "fit", "points": 1, "field": "industry"},
    ]
    answer = ada.post(f"{LEADS}/scoring-rules", json={"rules": bad})
    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.json()["errors"]} == {
        "#/rules/1/max_per_day",
        "#/rules/1/rule",
        "#/rules/2/operator",
    }


def test_globex_finds_nothing_of_acme(ana: httpx.Client, door: Door, house: House) -> None:
    lead = created(ana)
    paths = {"": "GET", "/score": "GET", "/history": "GET", "/status": "POST", "/adjustments": "POST"}
    bodies = {"/status": {"status": "qualified"}, "/adjustments": {"points": 1, "reason": "why"}}
    with door.client("ana", tenant=GLOBEX) as other:
        for path, method in paths.items():
            answers = [
                other.request(method, f"{LEADS}/{id}{path}", json=bodies.get(path))
                for id in (lead["id"], uuid4(), "not-an-id")
            ]
            assert [answer.status_code for answer in answers] == [404, 404, 404], path
            assert answers[0].json() == answers[1].json() == answers[2].json()
        patch = other.patch(f"{LEADS}/{lead['id']}", json={}, headers={"if-match": '"1"'})
        assert patch.status_code == 404
        assert other.get(LEADS, params={"email": JO["email"]}).json()["items"] == []
    assert house.published(GLOBEX) == []
    assert house.run(lambda uow: uow.session.get(Lead, (ACME, lead["id"])), GLOBEX) is None


def test_nobody_without_a_token_gets_in(door: Door) -> None:
    with httpx.Client(base_url=door.url) as stranger:
        assert stranger.get(LEADS).status_code == 401
        assert stranger.post(LEADS, json=JO).status_code == 401
