"""The accounts' part of a conversion: opened, linked, refused, taken back; each step as often as it comes."""

import uuid
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr
from sqlalchemy import select, text

from chassis.clock import millis
from chassis.db import UnitOfWork
from chassis.ids import derived_id, new_id
from chassis.pii import Vault, store_subject_key
from chassis.settings import LOCAL_PII_KEY
from services.accounts import commands
from services.accounts.models import Account, Contact
from tests.services.house import ACME, NOON, House

Record = dict[str, Any]
MARIA = {"first_name": "Maria", "last_name": "Huber", "company": "ACME GmbH", "email": "maria@acme.example"}


def started(house: House, person: dict[str, Any] | None = None, **fields: Any) -> Record:
    """A conversion that leads begins, with the person sealed under the lead's own key."""
    lead, conversion = new_id(), new_id()

    def sealed(uow: UnitOfWork) -> tuple[bytes, str]:
        return house.vault.seal(uow, lead, person or MARIA)

    pii, key_id = house.run(sealed)
    return {
        "event_id": str(new_id()),
        "tenant_id": str(ACME),
        "lead_id": str(lead),
        "version": 7,
        "occurred_at": millis(NOON),
        "actor": "user:ana",
        "conversion_id": str(conversion),
        "path": "A",
        "account_id": str(derived_id(conversion, "account")),
        "contact_id": str(derived_id(conversion, "contact")),
        "contact_exists": False,
        "owner_id": str(derived_id("ana")),
        "lead_source": "web_form",
        "score": 88,
        "industry": "technology",
        "country": "AT",
        "territory": None,
        "esg_interest": "medium",
        "mapped": {},
        "email_hash": None,
        "pii": pii,
        "key_id": key_id,
        **fields,
    }


def start(house: House, record: Record) -> tuple[str, Record]:
    """What accounts answers to a conversion's first step."""
    house.run(lambda uow: commands.start_conversion(uow, house.vault, record))
    return answers(house)[-1]


def give_up(house: House, record: Record) -> None:
    """Leads gives the conversion up."""
    conversion = UUID(record["conversion_id"])
    house.run(lambda uow: commands.give_up_conversion(uow, house.vault, conversion))


def answers(house: House) -> list[tuple[str, Record]]:
    return [(type, record) for type, record, _ in house.published() if type.startswith("Conversion")]


def types(house: House) -> list[str]:
    return [type for type, _, _ in house.published() if type != "SubjectKey"]


def account(house: House, record: Record) -> Account:
    found = house.run(lambda uow: uow.session.get(Account, (ACME, UUID(record["account_id"]))))
    assert isinstance(found, Account)
    return found


def contacts(house: House) -> list[Contact]:
    order = select(Contact).order_by(Contact.created_at, Contact.primary.desc())
    return list(house.run(lambda uow: uow.session.scalars(order).all()))


@pytest.mark.parametrize("sealed", [True, False], ids=["sealed", "in the clear, as it was before"])
def test_a_lead_without_account_opens_one_with_its_primary_contact(house: House, sealed: bool) -> None:
    mapped = {"website": "https://acme.example", "fleet": "12 trucks"}
    own = {"contact_attributes": {"born": "1988-02-29"}}
    person = MARIA | own | {"attributes": mapped} if sealed else MARIA
    record = started(house, person, mapped={} if sealed else mapped)
    said, answer = start(house, record)
    assert (said, answer["account_created"], answer["contact_created"]) == (
        "ConversionAccountReady", True, True
    )  # fmt: skip
    made = account(house, record)
    assert (made.name, made.tier, made.health, made.esg_engagement) == (
        "ACME GmbH", "strategic", 50, "medium"
    )  # fmt: skip
    assert (made.domain, made.website, made.custom) == (
        "acme.example", "https://acme.example", {"fleet": "12 trucks"}
    )  # fmt: skip
    [maria] = contacts(house)
    assert (maria.primary, maria.email, maria.first_name) == (True, "maria@acme.example", "Maria")
    assert maria.attributes == ({"born": "1988-02-29"} if sealed else None)
    assert [r["version"] for t, r, _ in house.published() if t != "SubjectKey"] == [1, 2, 3]


def test_the_same_step_again_is_answered_the_same_and_does_nothing(house: House) -> None:
    record = started(house)
    first = start(house, record)
    assert start(house, {**record, "event_id": str(new_id())}) == first
    assert types(house).count("AccountOpened") == 1


@pytest.mark.parametrize(
    ("score", "tier"),
    [(100, "strategic"), (80, "strategic"), (79, "growth"), (50, "growth"), (49, "standard")],
)
def test_the_tier_follows_the_score(house: House, score: int, tier: str) -> None:
    record = started(house, score=score)
    start(house, record)
    assert account(house, record).tier == tier


def test_a_linked_account_gets_the_lead_as_a_contact(house: House) -> None:
    first = started(house)
    start(house, first)
    joe = {"first_name": "Joe", "email": "joe@acme.example"}
    said, answer = start(house, started(house, joe, path="B", account_id=first["account_id"]))
    assert (said, answer["account_created"], answer["contact_created"]) == (
        "ConversionAccountReady", False, True
    )  # fmt: skip
    assert [(c.first_name, c.primary) for c in contacts(house)] == [("Maria", True), ("Joe", False)]


def test_a_lead_that_is_a_contact_already_stays_that_contact(house: House) -> None:
    first = started(house)
    start(house, first)
    again = started(
        house, {**MARIA, "email": " Maria@ACME.example"}, path="B", account_id=first["account_id"]
    )
    _, answer = start(house, again)
    assert (answer["contact_id"], answer["contact_created"]) == (first["contact_id"], False)


def test_what_cannot_be_is_refused_with_its_reason(house: House) -> None:
    first = started(house)
    start(house, first)
    nowhere = str(uuid.uuid4())
    linked = {"path": "B", "account_id": first["account_id"]}
    new = {"first_name": "Joe"}
    for refused, code in (
        (started(house, path="A"), "email_taken"),
        (started(house, path="B", account_id=nowhere), "account_not_found"),
        (started(house, new, **linked, contact_exists=True, contact_id=nowhere), "contact_not_found"),
        (started(house, new, account_id=first["account_id"]), "not_possible"),
    ):
        said, answer = start(house, refused)
        assert (said, answer["code"]) == ("ConversionAccountRefused", code)
        assert answer["reason"]
    house.run(lambda uow: commands.close_account(uow, UUID(first["account_id"])))
    assert start(house, started(house, new, **linked))[1]["code"] == "account_closed"
    assert len(contacts(house)) == 1


def test_a_conversion_that_failed_leaves_nothing_open(house: House) -> None:
    record = started(house)
    start(house, record)
    for _ in range(2):
        give_up(house, record)
    assert account(house, record).closed_at
    assert contacts(house) == []
    assert types(house)[3:] == ["ContactRemoved", "AccountChanged"]
    assert start(house, started(house))[0] == "ConversionAccountReady", "the address is free again"


def test_what_somebody_else_uses_by_now_stays(house: House) -> None:
    first = started(house)
    start(house, first)
    second = started(house, path="B", account_id=first["account_id"])
    assert start(house, second)[1]["contact_created"] is False
    give_up(house, first)
    assert account(house, first).closed_at is None
    assert [c.first_name for c in contacts(house)] == ["Maria"]


def test_after_a_primary_contact_the_longest_standing_one_is_primary(house: House) -> None:
    first = started(house)
    start(house, first)
    joe = {"first_name": "Joe", "email": "joe@acme.example"}
    start(house, started(house, joe, path="B", account_id=first["account_id"]))
    give_up(house, first)
    assert [(c.first_name, c.primary) for c in contacts(house)] == [("Joe", True)]
    assert account(house, first).closed_at is None, "Joe is there"


def test_a_step_waits_for_the_key_of_the_person(house: House) -> None:
    record = started(house)
    [key] = [found for type, found, _ in house.published() if type == "SubjectKey"]
    house.run(lambda uow: uow.session.execute(text("DELETE FROM subject_keys")))
    house.run(lambda uow: commands.start_conversion(uow, house.vault, record))
    assert answers(house) == []
    arrived = SimpleNamespace(key=f"{ACME}:{record['lead_id']}", record=key)
    house.run(lambda uow: store_subject_key(uow, arrived))
    for _ in range(2):
        house.run(lambda uow: commands.resume_conversions(uow, house.vault, UUID(record["lead_id"])))
    assert [said for said, _ in answers(house)] == ["ConversionAccountReady"]
    assert contacts(house)[0].first_name == "Maria"


def test_a_person_who_was_erased_becomes_nobodys_contact(house: House) -> None:
    record = started(house)
    tombstone = SimpleNamespace(key=f"{ACME}:{record['lead_id']}", record=None)
    house.run(lambda uow: store_subject_key(uow, tombstone))
    fresh = Vault(SecretStr(LOCAL_PII_KEY), "accounts.subject-key")
    assert start(replace(house, vault=fresh), record)[1]["code"] == "not_possible"
    assert contacts(house) == []
