"""Contacts of an account: one is primary, an address belongs to one, what is told of them is sealed."""

import httpx
import pytest

from chassis.colleagues.table import keep_colleague
from chassis.ids import user_id
from tests.services.accounts.test_accounts import changed, opened
from tests.services.house import ACME, Door, House

MARIA = {"first_name": "Maria", "last_name": "Huber", "email": "maria@acme.example", "phone": "01 5331234"}


def contacts(client: httpx.Client, account: str) -> list[tuple[str, bool]]:
    items = client.get(f"/api/accounts/{account}/contacts").json()["items"]
    return [(c["first_name"], c["primary"]) for c in items]


def added(client: httpx.Client, account: str, **fields: object) -> dict[str, str]:
    answer = client.post(f"/api/accounts/{account}/contacts", json=fields)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def patched(client: httpx.Client, contact: dict[str, str], **fields: object) -> httpx.Response:
    url = f"/api/accounts/{contact['account_id']}/contacts/{contact['id']}"
    return client.patch(url, json=fields, headers={"if-match": client.get(url).headers["etag"]})


@pytest.fixture
def acme(ana: httpx.Client) -> str:
    """An account of ACME."""
    return str(opened(ana, country="AT")["id"])


def test_the_first_contact_is_the_primary_one(ana: httpx.Client, acme: str) -> None:
    assert added(ana, acme, **MARIA)["phone_e164"] == "+4315331234"
    added(ana, acme, first_name="Joe")
    assert contacts(ana, acme) == [("Maria", True), ("Joe", False)]


def test_another_one_takes_the_place_of_the_primary_contact(ana: httpx.Client, acme: str) -> None:
    maria, joe = added(ana, acme, **MARIA), added(ana, acme, first_name="Joe")
    refused = patched(ana, maria, primary=False)
    assert (refused.status_code, refused.json()["title"]) == (409, "A primary contact is needed")
    assert patched(ana, joe, primary=True).status_code == 200
    assert contacts(ana, acme) == [("Maria", False), ("Joe", True)]
    added(ana, acme, first_name="Eva", primary=True)
    assert contacts(ana, acme) == [("Maria", False), ("Joe", False), ("Eva", True)]


def test_after_the_primary_contact_the_longest_standing_one_is_primary(ana: httpx.Client, acme: str) -> None:
    maria = added(ana, acme, **MARIA)
    added(ana, acme, first_name="Joe")
    url = f"/api/accounts/{acme}/contacts/{maria['id']}"
    assert ana.delete(url).status_code == 204
    assert ana.delete(url).status_code == 404
    assert contacts(ana, acme) == [("Joe", True)]


@pytest.mark.parametrize("spelling", ["maria@acme.example", "MARIA@Acme.Example", "maria@acme.example."])
def test_an_address_belongs_to_one_contact_of_the_tenant(ana: httpx.Client, acme: str, spelling: str) -> None:
    added(ana, acme, **MARIA)
    other = opened(ana, "Globex")["id"]
    refused = ana.post(f"/api/accounts/{other}/contacts", json={"email": spelling})
    assert (refused.status_code, refused.json()["title"]) == (409, "The e-mail address is taken")
    assert refused.json()["account_id"] == acme
    joe = added(ana, str(other), first_name="Joe")
    assert patched(ana, joe, email=spelling).status_code == 409
    assert patched(ana, joe, email=None).json()["email"] is None


def test_what_is_told_of_a_contact_is_sealed_under_its_own_key(
    ana: httpx.Client, house: House, acme: str
) -> None:
    maria = added(ana, acme, **MARIA)
    patched(ana, maria, job_title="CEO")
    told = {type: record for type, record, _ in house.published()}
    assert told["ContactChanged"]["changed"] == ["job_title"]
    assert told["SubjectKey"]["subject_id"] == maria["id"]
    assert not any("maria" in str(value).lower() for value in told["ContactAdded"].values())
    sealed = told["ContactChanged"]
    opened_again = house.run(lambda uow: house.vault.open(uow, sealed["pii"], sealed["key_id"]))
    assert opened_again == {**MARIA, "job_title": "CEO"}


def test_the_contact_of_another_account_is_not_found_here(ana: httpx.Client, acme: str) -> None:
    maria, other = added(ana, acme, **MARIA), opened(ana, "Globex")["id"]
    assert ana.get(f"/api/accounts/{other}/contacts/{maria['id']}").status_code == 404


def test_a_closed_account_takes_no_contacts(ana: httpx.Client, acme: str) -> None:
    ana.post(f"/api/accounts/{acme}/close")
    assert ana.post(f"/api/accounts/{acme}/contacts", json=MARIA).status_code == 409


def test_a_next_lead_is_drafted_for_the_primary_contact(ana: httpx.Client, acme: str) -> None:
    assert ana.get(f"/api/accounts/{acme}/lead-draft").json() == {
        "account_id": acme, "lead_source": "upsell", "company": "ACME GmbH", "country": "AT"
    }  # fmt: skip
    added(ana, acme, **MARIA)
    joe = added(ana, acme, first_name="Joe")
    draft = ana.get(f"/api/accounts/{acme}/lead-draft?source=renewal").json()
    assert (draft["lead_source"], draft["email"]) == ("renewal", "maria@acme.example")
    query = {"contact": joe["id"]}
    assert ana.get(f"/api/accounts/{acme}/lead-draft", params=query).json()["first_name"] == "Joe"
    assert ana.get(f"/api/accounts/{acme}/lead-draft?source=web_form").status_code == 400


def test_a_team_has_roles_and_shows_its_members_the_account(
    house: House, ada: httpx.Client, door: Door
) -> None:
    account = opened(ada)
    ben = user_id(ACME, "ben")
    url = f"/api/accounts/{account['id']}/team/{ben}"
    assert ada.put(url, json={"role": "customer_success"}).status_code == 404
    house.run(lambda uow: keep_colleague(uow, colleague("ben")))
    with door.client("ben") as client:
        assert client.get(f"/api/accounts/{account['id']}").status_code == 404
        assert ada.put(url, json={"role": "customer_success"}).json()["role"] == "customer_success"
        assert client.get(f"/api/accounts/{account['id']}").status_code == 200
        team = client.get(f"/api/accounts/{account['id']}/team").json()
        assert [(m["user_id"], m["role"]) for m in team] == [(str(ben), "customer_success")]
        assert ada.put(url, json={"role": "boss"}).status_code == 422
        assert ada.delete(url).status_code == 204
        assert client.get(f"/api/accounts/{account['id']}").status_code == 404


def test_an_account_is_given_to_a_colleague_only(house: House, ana: httpx.Client, ada: httpx.Client) -> None:
    account, ben = opened(ana), str(user_id(ACME, "ben"))
    assert changed(ana, account, owner_id=ben).status_code == 403
    assert changed(ada, account, owner_id=ben).status_code == 404
    house.run(lambda uow: keep_colleague(uow, colleague("ben")))
    assert changed(ada, account, owner_id=ben).json()["owner_id"] == ben
    assert ana.get(f"/api/accounts/{account['id']}").status_code == 404, "it is Ben's now"


def colleague(login: str) -> dict[str, object]:
    """A rep, as identity tells."""
    nothing = ("team", "manager_id", "capacity", "absent_from", "absent_until", "visibility", "pii", "key_id")
    return {
        "user_id": str(user_id(ACME, login)),
        "version": 1,
        "login": login,
        "roles": ["rep"],
        "active": True,
        "territories": [],
        **dict.fromkeys(nothing),
    }
