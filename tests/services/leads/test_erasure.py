"""A person is erased (F109): nothing tells of them any more, and nobody else is touched."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from chassis import imports
from chassis.ids import user_id
from services.leads.api.rows import LEAD_ROWS
from tests.services.files import Worker
from tests.services.leads.conftest import ACME, Door, House
from tests.services.leads.conversion.conftest import Partners, convert
from tests.services.leads.importing.test_imports import FILES
from tests.services.leads.matching.test_entry import found
from tests.services.leads.test_api import LEADS, created
from tests.services.leads.test_capture import told
from tests.services.leads.test_forms import HANA, opened, submissions

Json = dict[str, Any]
SURE = {"confirm": True}
JANE: Json = {
    "first_name": "Jane", "last_name": "Doe", "company": "ACME", "job_title": "CEO",
    "email": "Jane@acme.example", "phone": "+4930901820", "industry": "technology",
    "company_size": "enterprise", "description": "Jane Doe asks for 12 trucks.",
    "referrer": "https://a.example/?mail=jane@acme.example", "utm": {"term": "jane", "campaign": "spring"},
    "consents": {"email": {"state": "granted", "source": "Jane at the fair", "proof": "Signed Jane Doe"}},
}  # fmt: skip


def erase(client: httpx.Client, lead: Json) -> list[str]:
    """The leads that are erased with the person of one."""
    answer = client.post(f"{LEADS}/{lead['id']}/erase", json=SURE)
    assert answer.status_code == 200, answer.text
    leads: list[str] = answer.json()["leads"]
    return leads


def seen(client: httpx.Client, lead: Json) -> Json:
    """A lead as it is now."""
    return dict(client.get(f"{LEADS}/{lead['id']}").raise_for_status().json())


def test_what_tells_of_nobody_stays(ada: httpx.Client, house: House) -> None:
    lead = created(ada, **JANE)
    assert erase(ada, lead) == [lead["id"]]
    left = seen(ada, lead)
    gone = ("first_name", "last_name", "company", "job_title", "email", "phone", "description", "referrer")
    assert {name: left[name] for name in gone} == dict.fromkeys(gone)
    kept = ("status", "score", "grade", "industry", "company_size", "campaign", "created_at", "owner_id")
    assert {name: left[name] for name in kept} == {name: lead[name] for name in kept}
    assert (left["utm"], left["archived"], left["erased_at"]) == ({}, True, "2026-03-02T12:00:00Z")
    consent = left["consents"]["email"]
    assert (consent["state"], consent["source"], consent["proof"]) == ("granted", None, None)
    assert ada.get(f"{LEADS}/{lead['id']}/score").json()["shown"] == lead["score"]
    history = ada.get(f"{LEADS}/{lead['id']}/history").json()["items"]
    assert {(one["type"], one["who"]) for one in history} >= {("erased", f"user:{user_id(ACME, 'ada')}")}
    assert "jane" not in str(history).lower()
    hash = house.vault.email_hash(ACME, "jane@acme.example")
    assert house.rows(f"SELECT email_hash FROM leads WHERE email_hash = '{hash}'") == []  # noqa: S608


def test_others_are_told_by_a_hash_and_the_key_goes(ada: httpx.Client, house: House) -> None:
    lead = created(ada, **JANE)
    erase(ada, lead)
    [event] = told(house, "LeadErased")
    assert event["email_hash"] == house.vault.email_hash(ACME, "jane@acme.example")
    archived = told(house, "LeadChanged")[-1]
    assert (archived["changed"], archived["facts"]["has_email"]) == (["archived"], True), "the score stays"
    assert house.run(lambda uow: house.vault.open(uow, archived["pii"], archived["key_id"])) is None
    assert house.rows("SELECT key FROM outbox WHERE topic = 'leads.subject-key' AND value IS NULL") == [
        (f"{ACME}:{lead['id']}".encode(),)
    ]


def test_every_lead_of_the_address_is_the_same_person_and_nobody_else_is(ada: httpx.Client) -> None:
    first, again = created(ada, **JANE), created(ada, **JANE | {"email": "jane@ACME.example"})
    namesake = created(ada, **JANE | {"email": "jane.doe@globex.example"})
    assert set(erase(ada, first)) == {first["id"], again["id"]}
    assert seen(ada, namesake)["first_name"] == "Jane"
    assert erase(ada, again) == [again["id"]], "again is a no-op"


def test_only_an_admin_who_means_it_erases(ana: httpx.Client, ada: httpx.Client, door: Door) -> None:
    lead = created(ana, **JANE)
    path = f"{LEADS}/{lead['id']}/erase"
    for body in ({}, {"confirm": False}, {"confirm": "yes"}, {"confirm": True, "reason": "Asked."}):
        assert ada.post(path, json=body).status_code == 422
    for role in ("rep", "manager", "account_manager", "marketing", "service"):
        with door.client("ana", role) as caller:
            assert caller.post(path, json=SURE).status_code in (403, 404)
    assert ada.post(f"{LEADS}/{uuid4()}/erase", json=SURE).status_code == 404
    assert seen(ana, lead)["first_name"] == "Jane"


WRITES: list[tuple[str, str, Json]] = [
    ("POST", "status", {"status": "qualified"}),
    ("POST", "reopen", {"reason": "Why not"}),
    ("POST", "archive", {}),
    ("POST", "restore", {}),
    ("POST", "activities", {"activity": "call"}),
    ("POST", "adjustments", {"points": 1, "reason": "Met"}),
    ("PUT", "consents/email", {"state": "granted", "source": "call"}),
    ("POST", "assign", {"owner_id": None}),
    ("POST", "convert", {}),
    ("PATCH", "", {"first_name": "Jane"}),
    ("DELETE", "", {}),
    ("POST", "claim", {}),
    ("POST", f"duplicates/{uuid4()}", {"decision": "link"}),
]


@pytest.mark.parametrize(("method", "path", "body"), WRITES, ids=[f"{m} {p[:10]}" for m, p, _ in WRITES])
def test_nothing_is_done_with_an_erased_lead_any_more(
    ada: httpx.Client, house: House, method: str, path: str, body: Json
) -> None:
    lead = created(ada, **JANE)
    erase(ada, lead)
    before = len(house.published())
    url = f"{LEADS}/{lead['id']}/{path}".rstrip("/")
    headers = {"if-match": f'"{seen(ada, lead)["version"]}"', "idempotency-key": "again"}
    answer = ada.request(method, url, headers=headers, json=body)
    assert (answer.status_code, answer.json()["title"]) == (410, "Erased"), answer.text
    assert ada.post(f"{LEADS}/{lead['id']}/reroute", json={}).status_code == 404
    assert len(house.published()) == before


def test_a_conversion_under_way_is_given_up(ada: httpx.Client, house: House) -> None:
    lead, partners = created(ada, **JANE), Partners(house)
    ada.post(f"{LEADS}/{lead['id']}/status", json={"status": "qualified"}).raise_for_status()
    begun = convert(ada, lead).json()
    erase(ada, lead)
    assert ada.get(f"{LEADS}/conversions/{begun['conversion_id']}").json()["state"] == "failed"
    partners.answer_all()
    assert seen(ada, lead)["status"] == "qualified"
    assert told(house, "LeadConverted") == []


def test_a_converted_lead_stays_what_it_became(ada: httpx.Client, house: House) -> None:
    lead, partners = created(ada, **JANE), Partners(house)
    ada.post(f"{LEADS}/{lead['id']}/status", json={"status": "qualified"}).raise_for_status()
    with partners.at_work():
        done = convert(ada, lead).json()
    erase(ada, lead)
    left = seen(ada, lead)
    assert (left["status"], left["converted_to_account"]) == ("converted", done["account_id"])


def test_who_comes_again_is_somebody_new(ada: httpx.Client, door: Door) -> None:
    with httpx.Client(base_url=door.url, timeout=60) as page:
        form = opened(ada, origins=[])
        assert page.post(submissions(form), json=HANA).status_code == 201
        [lead] = ada.get(LEADS).json()["items"]
        erase(ada, lead)
        assert found(ada, email=HANA["mail"], last_name=HANA["name"]) == []
        assert page.post(submissions(form), json=HANA).status_code == 201
    [fresh] = ada.get(LEADS).json()["items"]
    assert fresh["id"] != lead["id"]
    sent = ada.get(f"{LEADS}/forms/{form['id']}/submissions").json()["items"]
    assert [(one["outcome"], one["sent"]) for one in sent] == [("accepted", {})] * 2


def test_an_address_that_waits_for_its_confirmation_waits_no_more(
    ada: httpx.Client, door: Door, house: House
) -> None:
    lead = created(ada, email=HANA["mail"])
    with httpx.Client(base_url=door.url, timeout=60, follow_redirects=False) as page:
        form = opened(ada, origins=[], double_opt_in=True)
        assert page.post(submissions(form), json=HANA).json()["confirmation_sent"]
        [wanted] = told(house, "FormConfirmationWanted")
        letter = house.run(lambda uow: house.vault.open(uow, wanted["pii"], wanted["key_id"]))
        erase(ada, lead)
        assert house.run(lambda uow: house.vault.open(uow, wanted["pii"], wanted["key_id"])) is None
        path = httpx.URL(letter["link"]).path
        assert page.get(path).status_code == 404
    assert ada.get(f"{LEADS}/forms/{form['id']}/submissions").json()["items"] == []


def test_what_a_robot_sent_of_somebody_goes_with_them(ada: httpx.Client, door: Door) -> None:
    lead = created(ada, email=HANA["mail"])
    with httpx.Client(base_url=door.url, timeout=60) as page:
        form = opened(ada, origins=[])
        for mail in (HANA["mail"].upper(), "zoe@hooli.example"):
            page.post(submissions(form), json=HANA | {"mail": mail, "website": "x"}).raise_for_status()
    erase(ada, lead)
    sent = ada.get(f"{LEADS}/forms/{form['id']}/submissions").json()["items"]
    assert [one["sent"].get("mail") for one in sent] == ["zoe@hooli.example", None]


@pytest.mark.parametrize("start", [True, False], ids=["waits for its worker", "was not started"])
def test_a_file_that_names_somebody_is_not_taken_in_any_more(
    ada: httpx.Client, house: House, start: bool
) -> None:
    lead = created(ada, **JANE)
    job = FILES.uploaded(ada, "name,email\nJane Doe,jane@acme.example\n", start=start)
    other = FILES.uploaded(ada, "name,email\nZoe Smith,zoe@hooli.example\n", start=False)
    erase(ada, lead)
    given_up = FILES.seen(ada, job)
    assert (given_up["state"], given_up["detail"]) == ("cancelled", imports.GIVEN_UP)
    assert FILES.seen(ada, other)["state"] == "ready"
    Worker(house, LEAD_ROWS).work()
    assert len(ada.get(LEADS).json()["items"]) == 0
    assert house.rows("SELECT DISTINCT import_id FROM import_parts") == [(UUID(other["id"]),)]


def test_of_an_error_file_the_rows_of_others_stay(ada: httpx.Client, house: House) -> None:
    rows = ["Jane,Doe,no address", "Jane,Smith,no address", "JANE;DOE,,jane@acme.example;no"]
    job = FILES.uploaded(ada, "\n".join(["first name,last name,email", *rows]))
    Worker(house, LEAD_ROWS).work()
    erase(ada, created(ada, **JANE))
    refused = FILES.refused(ada, job)
    assert [(one["line"], one["first name"]) for one in refused] == [("2", None), ("3", "Jane"), ("4", None)]
    assert refused[0]["error"] == "The person was erased."


def test_an_answer_kept_for_a_retry_is_emptied_and_the_retry_makes_no_new_lead(ada: httpx.Client) -> None:
    headers = {"idempotency-key": "fair-17"}
    lead = ada.post(LEADS, json=JANE, headers=headers).json()
    erase(ada, lead)
    again = ada.post(LEADS, json=JANE, headers=headers)
    assert (again.status_code, again.json()) == (201, {})
    assert ada.get(LEADS).json()["items"] == []


def test_a_contact_who_was_erased_is_erased_as_the_leads_that_they_are(
    ada: httpx.Client, house: House
) -> None:
    origin = created(ada, **JANE)
    same = created(ada, email="jane.private@gmail.example")
    became = created(ada, email="jane@hooli.example")
    other = created(ada, email="zoe@hooli.example")
    partners = Partners(house)
    ada.post(f"{LEADS}/{became['id']}/status", json={"status": "qualified"}).raise_for_status()
    with partners.at_work():
        done = convert(ada, became).json()
    hash = house.vault.email_hash(ACME, "Jane.Private@gmail.example")
    told_of = {"contact_id": done["contact_id"], "origin_lead_id": origin["id"], "email_hash": hash}
    for _ in range(2):
        house.hear("accounts.account", "ContactErased", **told_of)
    erased = [seen(ada, lead)["erased_at"] is not None for lead in (origin, same, became, other)]
    assert erased == [True, True, True, False]
    assert len(told(house, "LeadErased")) == 3


def test_an_erased_person_neither_unsubscribes_nor_is_converted_by_itself(
    ada: httpx.Client, house: House
) -> None:
    settings = ada.get(f"{LEADS}/settings/conversion").json() | {"auto_convert": True}
    ada.put(f"{LEADS}/settings/conversion", json=settings, headers={"if-match": '"0"'}).raise_for_status()
    lead = created(ada, **JANE)
    ada.post(f"{LEADS}/{lead['id']}/status", json={"status": "qualified"}).raise_for_status()
    [moved] = told(house, "LeadStatusChanged")
    erase(ada, lead)
    before = len(house.published())
    house.hear("leads.lead", "LeadStatusChanged", **moved)
    house.hear("engagement.recorded", "EngagementRecorded", lead_id=lead["id"], kind="unsubscribed")
    assert len(house.published()) == before
