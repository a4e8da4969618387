"""Accounts and contacts as the accounts service tells of them: found as likely duplicates, and forgotten."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from pydantic import SecretStr

from chassis.pii import Vault, store_subject_key
from chassis.settings import LOCAL_PII_KEY
from services.leads import commands
from tests.services.leads.conftest import ACME, House
from tests.services.leads.matching.test_entry import found

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
        self.run(lambda uow: commands.know_account(uow, {**record, "version": version, "closed": closed}))

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
        self.run(lambda uow: commands.know_contact(uow, self.house.vault, {**ids, **fields}))

    def key(self, record: dict[str, Any] | None) -> None:
        """SubjectKey, or its tombstone."""

        def came(uow: Any) -> None:
            store_subject_key(uow, _Key(f"{ACME}:{CONTACT}", record))
            commands.open_contact(uow, self.house.vault, CONTACT, erased=record is None)

        self.run(came)


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
    house.run(lambda uow: commands.forget_contact(uow, CONTACT))
    assert found(ana, email="jo@acme.example") == []
