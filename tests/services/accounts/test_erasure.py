"""A person is erased (F109): the contact goes, and what is said of them at their account."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.accounts import commands
from services.accounts.api.rows import ACCOUNT_ROWS
from tests.services.accounts.test_accounts import changed, opened
from tests.services.accounts.test_contacts import MARIA, added, contacts
from tests.services.accounts.test_conversions import MARIA as MARIA_OF_ACME
from tests.services.accounts.test_conversions import start, started
from tests.services.files import Files, Worker
from tests.services.house import ACME, Door, House

Json = dict[str, Any]
SURE = {"confirm": True}
FILES = Files("/api/accounts/imports", "")


@pytest.fixture
def acme(ada: httpx.Client) -> str:
    """An account of ACME."""
    return str(opened(ada, country="AT")["id"])


def erase(client: httpx.Client, contact: Json) -> httpx.Response:
    """The command."""
    return client.post(f"/api/accounts/{contact['account_id']}/contacts/{contact['id']}/erase", json=SURE)


def told(house: House, kind: str) -> list[Json]:
    """Events of a kind, in order."""
    return [record for name, record, _ in house.published() if name == kind]


def keys_gone(house: House) -> set[str]:
    """Whose keys were destroyed."""
    rows = house.rows("SELECT key FROM outbox WHERE topic = 'accounts.subject-key' AND value IS NULL")
    return {bytes(key).decode().partition(":")[2] for (key,) in rows}


def test_a_contact_is_erased_and_others_are_told_by_a_hash(
    ada: httpx.Client, house: House, acme: str
) -> None:
    maria, joe = added(ada, acme, **MARIA), added(ada, acme, first_name="Joe")
    assert erase(ada, maria).status_code == 204
    assert contacts(ada, acme) == [("Joe", True)]
    [event] = told(house, "ContactErased")
    assert (event["contact_id"], event["origin_lead_id"]) == (maria["id"], None)
    assert event["email_hash"] == house.vault.email_hash(ACME, "maria@acme.example")
    assert [one["contact_id"] for one in told(house, "ContactRemoved")] == [maria["id"]]
    assert keys_gone(house) == {maria["id"]}
    added_ = next(one for one in told(house, "ContactAdded") if one["contact_id"] == maria["id"])
    assert house.run(lambda uow: house.vault.open(uow, added_["pii"], added_["key_id"])) is None
    assert erase(ada, maria).status_code == 404
    assert erase(ada, joe).status_code == 204


def test_only_an_admin_who_means_it_erases(ada: httpx.Client, door: Door, acme: str) -> None:
    maria = added(ada, acme, **MARIA)
    path = f"/api/accounts/{acme}/contacts/{maria['id']}/erase"
    assert ada.post(path, json={}).status_code == 422
    for role in ("rep", "manager", "account_manager", "marketing", "service"):
        with door.client("ada", role) as caller:
            assert caller.post(path, json=SURE).status_code == 403
    assert contacts(ada, acme) == [("Maria", True)]


def test_a_contact_of_a_closed_account_is_erased_too(ada: httpx.Client, acme: str) -> None:
    maria = added(ada, acme, **MARIA)
    ada.post(f"/api/accounts/{acme}/close").raise_for_status()
    assert erase(ada, maria).status_code == 204


def test_what_people_wrote_of_a_contact_at_the_account_goes(
    ada: httpx.Client, house: House, acme: str
) -> None:
    maria = added(ada, acme, **MARIA)
    said = {"description": "Call Maria Huber (0043 1 533 1234) about 12 trucks.", "phone": MARIA["phone"]}
    changed(ada, {"id": acme}, **said, website="https://acme.example").raise_for_status()
    erase(ada, maria)
    left = ada.get(f"/api/accounts/{acme}").json()
    assert left["description"] == "Call [erased] ([erased]) about 12 trucks."
    assert (left["phone"], left["website"]) == (None, "https://acme.example")
    assert told(house, "AccountChanged")[-1]["changed"] == ["phone", "description"]


def test_an_account_that_is_called_after_the_person_loses_the_name(ada: httpx.Client) -> None:
    own = opened(ada, "Huber, Maria")["id"]
    erase(ada, added(ada, own, **MARIA))
    assert ada.get(f"/api/accounts/{own}").json()["name"] == "Unnamed account"


def test_who_was_erased_as_a_lead_is_erased_as_the_contact_that_they_became(
    ada: httpx.Client, house: House, acme: str
) -> None:
    record = started(house, MARIA_OF_ACME | {"attributes": {"fleet": "Maria Huber has 12 trucks"}})
    start(house, record)
    chosen = added(ada, acme, first_name="Mitzi", last_name="H.")
    mitzi = {"first_name": "Mitzi", "email": "mitzi@hooli.example"}
    joined = started(house, mitzi, path="B", account_id=acme, contact_id=chosen["id"], contact_exists=True)
    house.run(lambda uow: commands.start_conversion(uow, house.vault, joined))
    same, other = added(ada, acme, email="m.huber@gmail.example"), added(ada, acme, first_name="Joe")
    for lead, email in ((record["lead_id"], None), (joined["lead_id"], "M.Huber@gmail.example")):
        hash = house.vault.email_hash(ACME, email) if email else None
        for _ in range(2):
            house.hear("leads.lead", "LeadErased", lead_id=lead, email_hash=hash)
    assert contacts(ada, record["account_id"]) == []
    assert [one["id"] for one in ada.get(f"/api/accounts/{acme}/contacts").json()["items"]] == [other["id"]]
    assert keys_gone(house) == {record["contact_id"], chosen["id"], same["id"]}
    assert ada.get(f"/api/accounts/{record['account_id']}").json()["custom"] == {
        "fleet": "[erased] has 12 trucks"
    }
    assert len(told(house, "ContactErased")) == 3


def test_a_lead_that_became_nobody_here_changes_nothing(ada: httpx.Client, house: House, acme: str) -> None:
    added(ada, acme, **MARIA)
    before = len(house.published())
    house.hear("leads.lead", "LeadErased", lead_id=str(uuid4()), email_hash=None)
    assert len(house.published()) == before


def test_a_contact_who_is_removed_is_forgotten_with_the_key(
    ada: httpx.Client, house: House, acme: str
) -> None:
    maria = added(ada, acme, **MARIA)
    ada.delete(f"/api/accounts/{acme}/contacts/{maria['id']}").raise_for_status()
    assert keys_gone(house) == {maria["id"]}
    assert told(house, "ContactErased") == []


def test_files_and_kept_answers_do_not_name_the_person_any_more(
    ada: httpx.Client, house: House, acme: str
) -> None:
    row = "Maria Huber,maria@acme.example"
    done = FILES.uploaded(ada, f"name,description,country\n{row},Narnia\nGlobex,Zoe,Narnia\n")
    Worker(house, ACCOUNT_ROWS).work()
    ready = FILES.uploaded(ada, f"name,description\n{row}\n", start=False)
    headers = {"idempotency-key": "fair-17"}
    maria = ada.post(f"/api/accounts/{acme}/contacts", json=MARIA, headers=headers).json()
    assert erase(ada, maria).status_code == 204
    assert [one["name"] for one in FILES.refused(ada, done)] == [None, "Globex"]
    assert FILES.seen(ada, ready)["state"] == "cancelled"
    again = ada.post(f"/api/accounts/{acme}/contacts", json=MARIA, headers=headers)
    assert (again.status_code, again.json()) == (201, {})
    assert contacts(ada, acme) == []
    assert house.rows("SELECT import_id FROM import_parts") == []
