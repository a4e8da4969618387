from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from chassis.catalogue import Catalogue
from chassis.db import Database, UnitOfWork
from chassis.ids import tenant_id
from chassis.migrations import migrate
from chassis.outbox import Publisher
from chassis.pii import Erased, Tampered, Vault, store_subject_key, store_subject_keys
from chassis.settings import LOCAL_PII_KEY
from chassis.testing import FrozenClock, packaged_codec

ACME, GLOBEX = tenant_id("acme"), tenant_id("globex")
TOPIC = "leads.subject-key"
KEY = SecretStr(LOCAL_PII_KEY)
PAT = {"first_name": "Pat", "email": "pat@example.com", "phone": None}
VERSIONS = Path(__file__).parent / "sample/migrations/versions"


@pytest.fixture
def owner(database: Callable[[str], dict[str, str]]) -> Iterator[Database]:
    yield from _database(database("sample"))


@pytest.fixture
def reader(database: Callable[[str], dict[str, str]]) -> Iterator[Database]:
    yield from _database(database("sample"))


def _database(urls: Mapping[str, str]) -> Iterator[Database]:
    migrate(urls["owner"], "sample", VERSIONS)
    publisher = Publisher(packaged_codec(), Catalogue.load(), "leads")
    made = Database(urls["app"], clock=FrozenClock(datetime(2026, 11, 23, tzinfo=UTC)), publisher=publisher)
    yield made
    made.close()


def seal(database: Database, vault: Vault, subject: UUID, tenant: UUID = ACME) -> tuple[bytes, str]:
    with database.unit_of_work(tenant, "system:test") as uow:
        return vault.seal(uow, subject, PAT)


def open_(
    database: Database, sealed: tuple[bytes, str], vault: Vault | None = None, tenant: UUID = ACME
) -> dict[str, Any] | None:
    with database.unit_of_work(tenant, "system:test") as uow:
        return (vault or Vault(KEY)).open(uow, *sealed)


def published(database: Database, tenant: UUID = ACME) -> list[Any]:
    """Subject keys that left, as a consumer sees them."""
    codec = packaged_codec()
    with database.unit_of_work(tenant, "system:test") as uow:
        rows = uow.session.execute(text("SELECT topic, key, value FROM outbox ORDER BY id")).all()
    return [
        SimpleNamespace(
            key=bytes(row.key).decode(),
            record=codec.decode(row.topic, bytes(row.value))[1] if row.value is not None else None,
        )
        for row in rows
    ]


def test_what_is_sealed_opens_again_and_shows_nothing_meanwhile(owner: Database) -> None:
    pii, key_id = seal(owner, Vault(KEY, TOPIC), uuid4())
    assert b"pat" not in pii.lower()
    assert open_(owner, (pii, key_id)) == PAT


def test_a_person_has_one_key_which_is_published_once(owner: Database) -> None:
    vault, pat, kim = Vault(KEY, TOPIC), uuid4(), uuid4()
    keys = [seal(owner, vault, subject)[1] for subject in (pat, pat, kim)]
    assert keys[0] == keys[1] != keys[2]
    assert [event.key for event in published(owner)] == [f"{ACME}:{pat}", f"{ACME}:{kim}"]


def test_no_key_leaves_when_the_transaction_fails(owner: Database) -> None:
    def fails(uow: UnitOfWork) -> None:
        Vault(KEY, TOPIC).seal(uow, uuid4(), PAT)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        owner.run(ACME, "system:test", fails)
    assert published(owner) == []


def test_another_service_opens_once_the_key_has_arrived(owner: Database, reader: Database) -> None:
    sealed = seal(owner, Vault(KEY, TOPIC), uuid4())
    assert open_(reader, sealed) is None
    with reader.unit_of_work(ACME, "system:test") as uow:
        for _ in range(2):
            store_subject_key(uow, published(owner)[0])
    assert open_(reader, sealed) == PAT


def test_an_erased_person_opens_nowhere_and_is_not_sealed_again(owner: Database, reader: Database) -> None:
    vault, pat = Vault(KEY, TOPIC), uuid4()
    sealed = seal(owner, vault, pat)
    with owner.unit_of_work(ACME, "system:test") as uow:
        vault.erase(uow, pat)
    assert open_(owner, sealed, vault) is None
    with pytest.raises(Erased):
        seal(owner, vault, pat)
    key, tombstone = published(owner)
    assert tombstone.record is None
    with reader.unit_of_work(ACME, "system:test") as uow:
        for event in (key, tombstone, key):  # a replay does not bring the person back
            store_subject_key(uow, event)
    assert open_(reader, sealed) is None


def test_of_keys_and_tombstones_that_come_together_the_tombstones_win(
    owner: Database, reader: Database
) -> None:
    vault, pat, jo = Vault(KEY, TOPIC), uuid4(), uuid4()
    sealed = [seal(owner, vault, person) for person in (pat, jo)]
    [key, other] = published(owner)
    tombstone = SimpleNamespace(key=key.key, record=None)
    with reader.unit_of_work(ACME, "system:test") as uow:
        store_subject_keys(uow, [key, other, tombstone, key, other])
    assert [open_(reader, one) for one in sealed] == [None, PAT]


def test_a_tombstone_that_comes_before_the_key_wins(owner: Database, reader: Database) -> None:
    pat = uuid4()
    sealed = seal(owner, Vault(KEY, TOPIC), pat)
    with reader.unit_of_work(ACME, "system:test") as uow:
        store_subject_key(uow, SimpleNamespace(key=f"{ACME}:{pat}", record=None))
        store_subject_key(uow, published(owner)[0])
    assert open_(reader, sealed) is None


def test_no_tenant_opens_what_is_another_ones(owner: Database) -> None:
    sealed = seal(owner, Vault(KEY, TOPIC), uuid4())
    assert open_(owner, sealed, tenant=GLOBEX) is None


def test_changed_or_moved_bytes_are_found(owner: Database) -> None:
    vault = Vault(KEY, TOPIC)
    (pat, key), (_, other) = seal(owner, vault, uuid4()), seal(owner, vault, uuid4())
    for pii, key_id in ((pat[:-1] + bytes([pat[-1] ^ 1]), key), (pat, other), (b"\x09" + pat[1:], key)):
        with pytest.raises(Tampered):
            open_(owner, (pii, key_id))


def test_another_key_encryption_key_opens_nothing(owner: Database) -> None:
    sealed = seal(owner, Vault(KEY, TOPIC), uuid4())
    with pytest.raises(Tampered):
        open_(owner, sealed, Vault(SecretStr("A" * 43 + "=")))


def test_a_list_opens_in_its_order(owner: Database) -> None:
    vault = Vault(KEY, TOPIC)
    sealed: list[tuple[bytes | None, str | None]] = [seal(owner, vault, uuid4()) for _ in range(3)]
    with owner.unit_of_work(ACME, "system:test") as uow:
        opened = Vault(KEY).open_all(uow, [sealed[0], (None, None), (b"\x01x", "unknown"), sealed[2]])
    assert opened == [PAT, None, None, PAT]


def test_a_service_without_subjects_of_its_own_cannot_seal(owner: Database) -> None:
    with pytest.raises(RuntimeError, match="owns no subject keys"):
        seal(owner, Vault(KEY), uuid4())


@pytest.mark.parametrize(
    "spelling", ["PAT@Example.COM", " pat@example.com ", "pat@example.com.", "pat@ex\u0041mple.com"]
)
def test_spellings_of_one_mailbox_have_one_hash(spelling: str) -> None:
    vault = Vault(KEY)
    assert vault.email_hash(ACME, spelling) == vault.email_hash(ACME, "pat@example.com")


def test_an_address_in_another_script_has_the_hash_of_its_ascii_form() -> None:
    vault = Vault(KEY)
    assert vault.email_hash(ACME, "pat@b\u00fccher.example") == vault.email_hash(
        ACME, "pat@xn--bcher-kva.example"
    )


def test_hashes_differ_by_tenant_and_tell_nothing_without_the_key() -> None:
    vault = Vault(KEY)
    hashes = {vault.email_hash(ACME, "pat@example.com"), vault.email_hash(GLOBEX, "pat@example.com")}
    hashes.add(Vault(SecretStr("A" * 43 + "=")).email_hash(ACME, "pat@example.com"))
    assert len(hashes) == 3
