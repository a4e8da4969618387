"""Accounts and contacts as the accounts service tells of them: found as likely duplicates, and forgotten."""

from functools import partial
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from pydantic import SecretStr

from chassis.pii import Vault
from chassis.settings import LOCAL_PII_KEY
from services.leads import commands
from tests.services.leads.conftest import ACME, House
from tests.services.leads.matching.test_entry import found
from tests.services.statements import statements

ACCOUNT, CONTACT = uuid4(), uuid4()
JO = {"first_name": "Jo", "last_name": "Doe", "email": "Jo@ACME.example", "phone": "+49 30 123456"}


class Accounts:
    """The accounts service, as far as its topics go: what it says, and the keys of its contacts."""

    def __init__(self, house: House) -> None:
        self.run, self.house = house.run, house
        self.vault = Vault(SecretStr(LOCAL_PII_KEY), "accounts.subject-key")

    def account(self, name: str, version: int = 1, *, closed: bool = False) -> None:
        """AccountOpened or AccountChanged."""
        record = {"account_id": str(ACCOUNT), "account_name": name, "domain": None}
        self.run(lambda uow: commands.know_accounts(uow, [{**record, "version": version, "closed": closed}]))

    def sealed(self, person: dict[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
        """A contact event's fields, and the record of its key, which the accounts service alone has yet."""
        made: dict[str, Any] = {}

        def seal(uow: Any) -> None:
            ((pii, key_id),) = self.vault.seal_new(uow, [(CONTACT, person)])
            made.update(pii=pii, key_id=key_id, key=uow.session.connection().exec_driver_sql(
                "DELETE FROM subject_keys RETURNING key_id, wrapped").one()._asdict())  # fmt: skip

        self.run(seal)
        return made, made.pop("key")

    def contact(self, fields: dict[str, Any], version: int) -> None:
        """ContactAdded or ContactChanged."""
        ids = {"account_id": str(ACCOUNT), "contact_id": str(CONTACT), "version": version}
        self.run(lambda uow: commands.know_contacts(uow, self.house.vault, [{**ids, **fields}]))

    def key(self, record: dict[str, Any] | None) -> None:
        """SubjectKey, or its tombstone."""
        key = _Key(f"{ACME}:{CONTACT}", record)
        self.run(lambda uow: commands.open_contacts(uow, self.house.vault, [key]))


class _Key:
    """A record of the key topic."""

    def __init__(self, key: str, record: dict[str, Any] | None) -> None:
        self.key, self.record = key, record


@pytest.fixture
def accounts(house: House) -> Accounts:
    """What the accounts service tells."""
    return Accounts(house)


def test_an_account_is_found_as_it_is_now(ana: httpx.Client, accounts: Accounts) -> None:
    accounts.account("Acme GmbH")
    assert found(ana, company="ACME Inc.") == [("account", ["company"])]
    accounts.account("Globex", version=3)
    accounts.account("Acme GmbH", version=2)
    assert found(ana, company="ACME") == []
    assert found(ana, company="Globex AG") == [("account", ["company"])]
    accounts.account("Globex", version=4, closed=True)
    assert found(ana, company="Globex AG") == []


def test_a_contact_is_found_by_its_person_and_company(ana: httpx.Client, accounts: Accounts) -> None:
    accounts.account("Acme GmbH")
    fields, key = accounts.sealed(JO)
    accounts.key(key)
    accounts.contact(fields, version=2)
    assert found(ana, email="jo@acme.example") == [("contact", ["email", "domain"])]
    assert found(ana, phone="+4930123456") == [("contact", ["phone"])]
    assert found(ana, first_name="Joe", last_name="Doe") == [("contact", ["name"])]
    assert found(ana, company="acme") == [("account", ["company"]), ("contact", ["company"])]


def test_a_contact_whose_key_comes_later_is_found_then(ana: httpx.Client, accounts: Accounts) -> None:
    accounts.account("Acme GmbH")
    fields, key = accounts.sealed(JO)
    accounts.contact(fields, version=2)
    assert found(ana, email="jo@acme.example") == []
    accounts.key(key)
    assert found(ana, email="jo@acme.example") == [("contact", ["email", "domain"])]


def test_an_erased_contact_is_found_by_nobody(ana: httpx.Client, accounts: Accounts, house: House) -> None:
    accounts.account("Acme GmbH")
    fields, key = accounts.sealed(JO)
    accounts.key(key)
    accounts.contact(fields, version=2)
    accounts.key(None)
    assert found(ana, email="jo@acme.example", phone="+4930123456", first_name="Jo", last_name="Doe") == []
    left = house.run(
        lambda uow: uow.session.connection().exec_driver_sql("SELECT object, id FROM match_records").all()
    )
    assert [(object, UUID(str(id))) for object, id in left] == [("account", ACCOUNT)]


def test_a_removed_contact_is_found_by_nobody(ana: httpx.Client, accounts: Accounts, house: House) -> None:
    fields, key = accounts.sealed(JO)
    accounts.key(key)
    accounts.contact(fields, version=2)
    house.run(lambda uow: commands.forget_contacts(uow, [CONTACT]))
    assert found(ana, email="jo@acme.example") == []


def test_a_removed_contact_that_is_told_of_once_more_stays_removed(
    ana: httpx.Client, accounts: Accounts, house: House
) -> None:
    """G4: what came after the last position that was stored comes again, in its order."""
    fields, key = accounts.sealed(JO)
    for _ in range(2):
        accounts.key(key)
        accounts.contact(fields, version=2)
        house.run(lambda uow: commands.forget_contacts(uow, [CONTACT]))
        assert found(ana, email="jo@acme.example") == []


def test_of_two_words_on_an_account_in_one_batch_the_newer_one_holds(ana: httpx.Client, house: House) -> None:
    house.run(lambda uow: commands.know_accounts(uow, [said(ACCOUNT, "Globex", 3), said(ACCOUNT, "Acme", 2)]))
    assert found(ana, company="ACME") == []
    assert found(ana, company="Globex AG") == [("account", ["company"])]


def test_many_accounts_and_contacts_are_kept_by_as_few_statements_as_one(
    house: House, accounts: Accounts
) -> None:
    many = [uuid4() for _ in range(50)]
    fields, key = accounts.sealed(JO)
    accounts.key(key)
    for version, most in ((1, 2), (2, 4)):  # what is known already is taken out before
        told = [said(id, f"Acme {number}", version) for number, id in enumerate(many)]
        with statements() as sent:
            house.run(partial(commands.know_accounts, records=told))
        assert len(sent) <= most, "\n".join(sent)
        people = [{**said(id, "", version), **fields, "contact_id": str(id)} for id in many]
        with statements() as sent:
            house.run(partial(commands.know_contacts, vault=house.vault, records=people))
        assert len(sent) <= most + 2, "\n".join(sent)
    assert house.rows("SELECT object, version, count(*) FROM match_records GROUP BY 1, 2 ORDER BY 1") == [
        ("account", 2, 50),
        ("contact", 2, 50),
    ]


def said(id: UUID, name: str, version: int) -> dict[str, Any]:
    """What AccountChanged says, as far as leads read it."""
    about = {"account_id": str(id), "account_name": name, "domain": None}
    return {**about, "version": version, "closed": False}
