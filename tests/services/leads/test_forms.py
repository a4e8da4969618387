"""Web forms: what a page sends becomes a lead, once; robots and strangers get nothing out of it (F2)."""

import asyncio
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.leads.domain import Layout
from services.leads.form_keys import new_form_key, tenant_of
from tests.services.leads.conftest import ACME, GLOBEX, Door, House
from tests.services.leads.test_api import LEADS, said
from tests.services.leads.test_capture import told

FORMS = f"{LEADS}/forms"
SITE = {"origin": "https://www.acme.example"}
CONTACT: dict[str, Any] = {
    "name": "Contact",
    "origins": ["https://www.acme.example"],
    "mapping": {"name": "last_name", "mail": "email", "tel": "phone", "agree": "consent_email"},
    "honeypot": "website",
}
HANA = {"name": "Okafor", "mail": "hana@initech.example", "agree": "on", "utm_source": "google"}


@pytest.fixture
def page(door: Door) -> Iterator[httpx.Client]:
    """A page of ACME's site: nobody is signed in."""
    with httpx.Client(base_url=door.url, headers=SITE, timeout=60) as client:
        yield client


def opened(ada: httpx.Client, **more: Any) -> dict[str, Any]:
    """A form as the API answers it."""
    answer = ada.post(FORMS, json=CONTACT | more)
    assert answer.status_code == 201, answer.text
    form: dict[str, Any] = answer.json()
    return form


def submissions(form: dict[str, Any]) -> str:
    """Where a form is sent."""
    return f"{FORMS}/{form['key']}/submissions"


def leads(client: httpx.Client) -> list[dict[str, Any]]:
    """All leads, the newest first."""
    items: list[dict[str, Any]] = client.get(LEADS).json()["items"]
    return items


def test_a_key_says_whose_form_it_is() -> None:
    assert tenant_of(new_form_key(ACME)) == ACME
    assert [tenant_of(key) for key in ("", "form_", "form_" + "!" * 43, "sk_" + "a" * 43)] == [None] * 4


def test_a_form_is_read_as_its_mapping_says() -> None:
    layout = Layout(CONTACT["mapping"], "website")
    reading = layout.read(
        {**HANA, "tel": " ", "colour": "red", "website": "", "referrer": "https://a.example"}
    )
    assert reading.fields == {
        "last_name": "Okafor",
        "email": "hana@initech.example",
        "utm": {"source": "google"},
        "referrer": "https://a.example",
    }
    assert (reading.consents, reading.unmapped) == (("email",), {"colour": "red"})
    assert layout.read({"agree": "no"}).consents == ()
    assert (layout.robot({"website": "x"}), layout.robot({"website": ""})) == (True, False)


@pytest.mark.parametrize("encoding", ["json", "data"])
def test_what_a_page_sends_becomes_a_lead(
    ada: httpx.Client, page: httpx.Client, house: House, encoding: str
) -> None:
    form = opened(ada)
    answer = page.post(submissions(form), **{encoding: HANA})  # type: ignore[arg-type]
    assert answer.status_code == 201, answer.text
    assert answer.headers["access-control-allow-origin"] == SITE["origin"]
    assert answer.json()["message"] == "Thank you."
    (lead,) = leads(ada)
    assert (lead["lead_source"], lead["email"], lead["utm"]) == (
        "web_form",
        "hana@initech.example",
        {"source": "google"},
    )
    assert lead["consents"]["email"]["proof"] == "Form Contact, version 1"
    assert lead["owner_id"] is None
    (event,) = told(house, "LeadCreated")
    assert event["actor"] == f"source:{form['id']}"
    assert lead["id"] not in answer.text
    (kept,) = ada.get(f"{FORMS}/{form['id']}/submissions").json()["items"]
    assert (kept["outcome"], kept["lead_id"], kept["sent"]) == ("accepted", lead["id"], {})


def test_a_form_sent_again_is_the_same_lead_touched_once_more(
    ada: httpx.Client, page: httpx.Client, door: Door
) -> None:
    form = opened(ada)
    first = page.post(submissions(form), data=HANA | {"submission_id": "1"})
    again = page.post(submissions(form), data=HANA | {"submission_id": "1"})
    assert first.json() == again.json()
    (lead,) = leads(ada)
    door.later(days=1)
    later = HANA | {"mail": "HANA@initech.example", "utm_source": "newsletter"}
    assert page.post(submissions(form), data=later).status_code == 201
    (same,) = leads(ada)
    assert same["id"] == lead["id"]
    assert same["first_touch"] == lead["first_touch"]
    assert same["last_touch"]["utm"] == {"source": "newsletter"}
    entries = ada.get(f"{LEADS}/{lead['id']}/history").json()["items"]
    assert [entry["type"] for entry in entries].count("touch") == 1


def test_one_person_in_a_hurry_is_one_lead(ada: httpx.Client, door: Door) -> None:
    form = opened(ada)

    async def sent() -> list[int]:
        async with httpx.AsyncClient(base_url=door.url, headers=SITE, timeout=60) as page:
            posts = [page.post(submissions(form), json=HANA) for _ in range(8)]
            return [answer.status_code for answer in await asyncio.gather(*posts)]

    assert asyncio.run(sent()) == [201] * 8
    assert len(leads(ada)) == 1


def test_a_robot_is_thanked_and_goes_nowhere(ada: httpx.Client, page: httpx.Client, house: House) -> None:
    form = opened(ada)
    person = page.post(submissions(form), json=HANA).json()
    robot = page.post(submissions(form), json=HANA | {"mail": "x", "website": "https://spam.example"})
    assert robot.status_code == 201
    assert robot.json().keys() == person.keys()
    assert len(leads(ada)) == len(told(house, "LeadCreated")) == 1
    kept = ada.get(f"{FORMS}/{form['id']}/submissions").json()["items"]
    assert sorted(one["outcome"] for one in kept) == ["accepted", "flagged"]


def test_pages_of_other_sites_may_not_send_it(ada: httpx.Client, page: httpx.Client) -> None:
    form = opened(ada)
    stranger = {"origin": "https://evil.example"}
    refused = page.post(submissions(form), json=HANA, headers=stranger)
    assert refused.status_code == 403
    assert "access-control-allow-origin" not in refused.headers
    asked = page.options(submissions(form))
    assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (204, SITE["origin"])
    assert page.options(submissions(form), headers=stranger).status_code == 403
    assert leads(ada) == []


def test_nobody_learns_whether_a_key_was_ever_good(ada: httpx.Client, page: httpx.Client) -> None:
    form = opened(ada, active=False)
    keys = [form["key"], new_form_key(ACME), new_form_key(GLOBEX), "form_x", str(uuid4())]
    for path in ("submissions", "embed.js"):
        method = "POST" if path == "submissions" else "GET"
        answers = [page.request(method, f"{FORMS}/{key}/{path}", json=HANA) for key in keys]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.text for answer in answers}) == 1


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"mail": "nobody"}, "#/mail"),
    ({"name": "x" * 201}, "#/name"),
    ({"tel": "1" * 51}, "#/tel"),
    ({"name": 5}, "#/name"),
    ({"name": None}, "#/name"),
]


@pytest.mark.parametrize(("fields", "pointer"), WRONG)
def test_a_page_is_told_which_of_its_fields_is_wrong(
    ada: httpx.Client, page: httpx.Client, fields: dict[str, Any], pointer: str
) -> None:
    form = opened(ada)
    assert said(page.post(submissions(form), json=fields)) == (422, [pointer])


BODIES = [b"", b"[]", b'"x"', b"{", b"\xff\xfe", b"name=%ff", b"name=a%00b", b"\xef\xbb\xbf{}", b"\x1f\x8b"]


@pytest.mark.parametrize("body", BODIES)
def test_what_is_no_form_does_no_harm(ada: httpx.Client, page: httpx.Client, body: bytes) -> None:
    answer = page.post(submissions(opened(ada)), content=body)
    assert answer.status_code in (400, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert leads(ada) == []


def test_who_sends_too_often_is_asked_to_wait(ada: httpx.Client, page: httpx.Client) -> None:
    form = opened(ada)
    answers = [page.post(submissions(form), json={"mail": "nobody"}) for _ in range(31)]
    assert [answer.status_code for answer in answers] == [422] * 30 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0


def test_whoever_comes_by_the_gateway_is_counted_alone(ada: httpx.Client, page: httpx.Client) -> None:
    form, fields = opened(ada), {"mail": "nobody"}
    ways = [{"x-real-ip": "203.0.113.9"}] * 31 + [{"x-real-ip": "203.0.113.10"}]
    answers = [page.post(submissions(form), json=fields, headers=way).status_code for way in ways]
    assert answers[-2:] == [429, 422]
    neighbours = [{"x-real-ip": f"2001:db8::{n:x}"} for n in range(31)]
    answers = [page.post(submissions(form), json=fields, headers=way).status_code for way in neighbours]
    assert answers[-1] == 429


def test_with_double_opt_in_there_is_no_lead_before_the_address_is_confirmed(
    ada: httpx.Client, page: httpx.Client, house: House
) -> None:
    form = opened(ada, double_opt_in=True, redirect_url="https://www.acme.example/thanks")
    assert said(page.post(submissions(form), json={"name": "Hana"})) == (422, ["#/mail"])
    assert page.post(submissions(form), json=HANA).json()["confirmation_sent"]
    assert (leads(ada), told(house, "LeadCreated")) == ([], [])
    (wanted,) = told(house, "FormConfirmationWanted")
    letter = house.run(lambda uow: house.vault.open(uow, wanted["pii"], wanted["key_id"]))
    assert letter["email"] == "hana@initech.example"
    link = letter["link"].removeprefix("https://crm.example")
    for _ in range(2):
        confirmed = page.get(link)
        assert (confirmed.status_code, confirmed.headers["location"]) == (303, form["redirect_url"])
    (lead,) = leads(ada)
    assert (lead["id"], lead["email"]) == (wanted["lead_id"], "hana@initech.example")
    assert page.get(link[:-2] + "xx").status_code == 404
    assert not page.post(submissions(form), json=HANA).json()["confirmation_sent"], "it is known already"


def test_a_link_is_good_for_a_week(ada: httpx.Client, page: httpx.Client, house: House, door: Door) -> None:
    form = opened(ada, double_opt_in=True)
    page.post(submissions(form), json=HANA)
    (wanted,) = told(house, "FormConfirmationWanted")
    letter = house.run(lambda uow: house.vault.open(uow, wanted["pii"], wanted["key_id"]))
    door.later(days=7, seconds=1)
    assert page.get(letter["link"].removeprefix("https://crm.example")).status_code == 410
    assert leads(ada) == []


def test_a_page_without_script_is_led_on(ada: httpx.Client, page: httpx.Client) -> None:
    form = opened(ada, redirect_url="https://www.acme.example/thanks")
    answer = page.post(submissions(form), data=HANA, headers={"accept": "text/html"})
    assert (answer.status_code, answer.headers["location"]) == (303, "https://www.acme.example/thanks")


def test_the_script_knows_its_form(ada: httpx.Client, page: httpx.Client) -> None:
    form = opened(ada, message="Danke </script>")
    answer = page.get(f"{FORMS}/{form['key']}/embed.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert f"https://crm.example{submissions(form)}" in answer.text
    assert "__FORM__" not in answer.text


def test_marketing_makes_and_changes_forms(ada: httpx.Client, ana: httpx.Client) -> None:
    assert ana.post(FORMS, json=CONTACT).status_code == 403
    form = opened(ada)
    path = f"{FORMS}/{form['id']}"
    assert [one["id"] for one in ana.get(FORMS).json()["items"]] == [form["id"]]
    assert ada.put(path, json=CONTACT).status_code == 428
    changed = ada.put(path, json=CONTACT | {"name": "Fair"}, headers={"if-match": '"1"'}).json()
    assert (changed["name"], changed["version"], changed["key"]) == ("Fair", 2, form["key"])
    assert ada.put(path, json=CONTACT, headers={"if-match": '"1"'}).status_code == 412
    for wrong in (
        {"mapping": {"x": "score"}},
        {"mapping": {"x": "consent_fax"}},
        {"origins": ["acme.example"]},
        {"key": "mine"},
    ):
        assert ada.post(FORMS, json=CONTACT | wrong).status_code == 422


def test_globex_sees_no_form_of_acme(ada: httpx.Client, door: Door) -> None:
    form = opened(ada)
    with door.client("ada", "admin", tenant=GLOBEX) as other:
        assert other.get(FORMS).json()["items"] == []
        for path in (f"{FORMS}/{form['id']}", f"{FORMS}/{form['id']}/submissions"):
            assert other.get(path).status_code == 404
        change = other.put(f"{FORMS}/{form['id']}", json=CONTACT, headers={"if-match": '"1"'})
        assert change.status_code == 404
    assert UUID(form["id"])
