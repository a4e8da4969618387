"""Personal data: sealed under a key per person, so that to forget the key is to forget the person (G20).

A data key is made at a person's first sealing, kept wrapped in `subject_keys` and published on the owner's
compacted subject-key topic. Readers keep `pii` as it came and open it when they show it.
"""

import base64
import hashlib
import hmac
import os
import threading
import time
import unicodedata
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import SecretStr
from sqlalchemy import bindparam, text

from chassis.clock import millis
from chassis.db import UnitOfWork
from chassis.ids import new_id
from chassis.outbox import Outgoing

NONCE = 12
FORMAT = b"\x01"
KEYS_IN_MEMORY = 10_000
KEY_SECONDS = 30.0
"""For so long an opened key may be used after another process erased its subject."""

_WRAPPED = text(
    "SELECT key_id, wrapped FROM subject_keys"
    " WHERE tenant_id = :tenant AND key_id IN :keys AND wrapped IS NOT NULL"
).bindparams(bindparam("keys", expanding=True))
_MINE = text("SELECT key_id, wrapped FROM subject_keys WHERE tenant_id = :tenant AND subject_id = :subject")
_MINE_OR_NEW = text(
    "WITH made AS (INSERT INTO subject_keys (tenant_id, subject_id, key_id, wrapped)"
    " VALUES (:tenant, :subject, :key, :wrapped) ON CONFLICT DO NOTHING RETURNING key_id, wrapped)"
    " SELECT key_id, wrapped, true AS made FROM made UNION ALL"
    " SELECT key_id, wrapped, false FROM subject_keys WHERE tenant_id = :tenant AND subject_id = :subject"
)
_OURS = text(
    "SELECT subject_id, key_id, wrapped FROM subject_keys"
    " WHERE tenant_id = :tenant AND subject_id = ANY(CAST(:subjects AS text[])) AND wrapped IS NOT NULL"
)
_NEW = text(
    "INSERT INTO subject_keys (tenant_id, subject_id, key_id, wrapped) SELECT :tenant, made.* FROM"
    " unnest(CAST(:subjects AS text[]), CAST(:keys AS text[]), CAST(:wrapped AS bytea[])) AS made"
)
# an erased subject stays erased, whatever an older record of the topic says
_STORE = text(
    "INSERT INTO subject_keys (tenant_id, subject_id, key_id, wrapped) SELECT :tenant, told.* FROM"
    " unnest(CAST(:subjects AS text[]), CAST(:keys AS text[]), CAST(:wrapped AS bytea[])) AS told"
    " ON CONFLICT (tenant_id, subject_id) DO UPDATE"
    " SET key_id = excluded.key_id, wrapped = excluded.wrapped WHERE subject_keys.wrapped IS NOT NULL"
)
_ERASE = text(
    "INSERT INTO subject_keys (tenant_id, subject_id, key_id, wrapped) VALUES (:tenant, :subject, :key, NULL)"
    " ON CONFLICT (tenant_id, subject_id) DO UPDATE SET wrapped = NULL RETURNING key_id"
)


class Erased(Exception):
    """The person was erased: nothing about them may be sealed again."""


class Tampered(ValueError):
    """Sealed bytes that were not made by this system, for this tenant and under this key."""


class KeyEvent(Protocol):
    """What of a `SubjectKey` event (or its tombstone) is read: `chassis.consumer.Event`."""

    @property
    def key(self) -> str:
        """`tenant:subject`"""

    @property
    def record(self) -> Mapping[str, Any] | None:
        """Fields of the record; empty or None for a tombstone."""


class Vault:
    """Seals and opens personal fields. Safe for threads; touches the database only through the given unit."""

    def __init__(self, key: SecretStr, topic: str | None = None) -> None:
        """`key` is the key-encryption key, base64; `topic` the service's own subject-key topic."""
        self._root = base64.b64decode(key.get_secret_value())
        self._topic = topic
        self._keys: OrderedDict[tuple[UUID, str], tuple[float, AESGCM]] = OrderedDict()
        self._lock = threading.Lock()

    def seal(self, uow: UnitOfWork, subject: UUID | str, fields: Mapping[str, Any]) -> tuple[bytes, str]:
        """Sealed fields and the id of the subject's key, which is made and published at its first use.

        The new key leaves with the transaction. Raises Erased for an erased subject.
        """
        key_id, data_key = self._key_of(uow, str(subject))
        return _sealed(uow, key_id, data_key, fields), key_id

    def seal_all(
        self, uow: UnitOfWork, people: Sequence[tuple[UUID, Mapping[str, Any]]]
    ) -> list[tuple[bytes, str]]:
        """As `seal`, for a list by one query where all have their keys."""
        subjects = [str(subject) for subject, _ in people]
        found = uow.session.execute(_OURS, {"tenant": uow.tenant, "subjects": subjects}) if people else ()
        keys = {row.subject_id: (row.key_id, self._unwrapped(uow, row.key_id, row.wrapped)) for row in found}
        sealed = []
        for subject, fields in people:
            key_id, key = keys.get(str(subject)) or self._key_of(uow, str(subject))
            sealed.append((_sealed(uow, key_id, key, fields), key_id))
        return sealed

    def seal_new(
        self, uow: UnitOfWork, people: Sequence[tuple[UUID, Mapping[str, Any]]]
    ) -> list[tuple[bytes, str]]:
        """As `seal`, for people that this transaction makes: one statement stores the keys of all."""
        made = [self._made(uow, str(subject)) for subject, _ in people]
        keys = {"keys": [key.id for key in made], "wrapped": [key.wrapped for key in made]}
        subjects = [str(subject) for subject, _ in people]
        uow.session.execute(_NEW, {"tenant": uow.tenant, "subjects": subjects, **keys})
        for key in made:
            uow.publish(key.event)
        return [
            (_sealed(uow, key.id, key.opened, fields), key.id)
            for key, (_, fields) in zip(made, people, strict=True)
        ]

    def open(self, uow: UnitOfWork, pii: bytes | None, key_id: str | None) -> dict[str, Any] | None:
        """The fields again; None when the person was erased, or the key has not arrived yet.

        Raises Tampered for bytes that were changed or moved here from another person or tenant.
        """
        return self.open_all(uow, [(pii, key_id)])[0]

    def open_all(
        self, uow: UnitOfWork, sealed: Iterable[tuple[bytes | None, str | None]]
    ) -> list[dict[str, Any] | None]:
        """As `open`, for a list by one query."""
        pairs = list(sealed)
        keys = self._keys_by_id(uow, {key_id for _, key_id in pairs if key_id})
        return [self._opened(uow, pii, key_id, keys.get(key_id or "")) for pii, key_id in pairs]

    def awaits_key(self, uow: UnitOfWork, subject: UUID | str) -> bool:
        """Whether the subject's key has not arrived yet; not so once the subject was erased."""
        return uow.session.execute(_MINE, {"tenant": uow.tenant, "subject": str(subject)}).first() is None

    def erase(self, uow: UnitOfWork, subject: UUID | str) -> None:
        """Forgets the subject's key here and, by a tombstone, everywhere. Repeated: nothing more happens."""
        key_id = _forget(uow, str(subject))
        with self._lock:
            self._keys.pop((uow.tenant, key_id), None)
        if self._topic:
            uow.publish(Outgoing(self._topic, "SubjectKey", f"{uow.tenant}:{subject}", None))

    def email_hash(self, tenant: UUID, email: str) -> str:
        """Keyed hash of an address, to match without knowing: equal for spellings of one mailbox."""
        salt = hmac.digest(self._root, b"email-hash:" + tenant.bytes, "sha256")
        return hmac.new(salt, normal_email(email).encode(), hashlib.sha256).hexdigest()

    def _key_of(self, uow: UnitOfWork, subject: str) -> tuple[str, AESGCM]:
        """The subject's key, made where there is none; one statement either way."""
        made = self._made(uow, subject)
        mine = {"tenant": uow.tenant, "subject": subject, "key": made.id, "wrapped": made.wrapped}
        row = uow.session.execute(_MINE_OR_NEW, mine).one_or_none()
        if row is None:  # another transaction was first
            return self._key_of(uow, subject)
        if row.wrapped is None:
            raise Erased(f"subject {subject} was erased")
        if row.made:
            uow.publish(made.event)
            return made.id, made.opened
        return row.key_id, self._unwrapped(uow, row.key_id, row.wrapped)

    def _made(self, uow: UnitOfWork, subject: str) -> "_NewKey":
        if self._topic is None:
            raise RuntimeError("this service owns no subject keys, so it cannot seal")
        key_id, data_key, nonce = str(new_id()), AESGCM.generate_key(256), os.urandom(NONCE)
        wrapped = nonce + AESGCM(self._root).encrypt(nonce, data_key, _bound(uow, key_id))
        record = {
            "key_id": key_id,
            "tenant_id": str(uow.tenant),
            "subject_id": subject,
            "wrapped": wrapped,
            "occurred_at": millis(uow.now),
        }
        event = Outgoing(self._topic, "SubjectKey", f"{uow.tenant}:{subject}", record)
        return _NewKey(key_id, wrapped, AESGCM(data_key), event)

    def _keys_by_id(self, uow: UnitOfWork, ids: set[str]) -> dict[str, AESGCM]:
        known = {id: key for id in ids if (key := self._remembered(uow.tenant, id))}
        if missing := ids - known.keys():
            for row in uow.session.execute(_WRAPPED, {"tenant": uow.tenant, "keys": sorted(missing)}):
                known[row.key_id] = self._unwrapped(uow, row.key_id, row.wrapped)
        return known

    def _unwrapped(self, uow: UnitOfWork, key_id: str, wrapped: bytes) -> AESGCM:
        raw = bytes(wrapped)
        key = AESGCM(_decrypted(AESGCM(self._root), raw[:NONCE], raw[NONCE:], _bound(uow, key_id)))
        with self._lock:
            self._keys[uow.tenant, key_id] = (time.monotonic() + KEY_SECONDS, key)
            if len(self._keys) > KEYS_IN_MEMORY:
                self._keys.popitem(last=False)
        return key

    def _remembered(self, tenant: UUID, key_id: str) -> AESGCM | None:
        with self._lock:
            until, key = self._keys.get((tenant, key_id), (0.0, None))
            return key if until > time.monotonic() else None

    @staticmethod
    def _opened(
        uow: UnitOfWork, pii: bytes | None, key_id: str | None, key: AESGCM | None
    ) -> dict[str, Any] | None:
        if not (pii and key_id and key):
            return None
        raw = bytes(pii)
        if raw[:1] != FORMAT:
            raise Tampered("sealed bytes of an unknown format")
        fields: dict[str, Any] = orjson.loads(
            _decrypted(key, raw[1 : 1 + NONCE], raw[1 + NONCE :], _bound(uow, key_id))
        )
        return fields


class _NewKey(NamedTuple):
    """A data key as it is stored, used and told."""

    id: str
    wrapped: bytes
    opened: AESGCM
    event: Outgoing


def store_subject_key(uow: UnitOfWork, event: KeyEvent) -> None:
    """Consumer handler: keeps another service's key, or forgets it at a tombstone."""
    store_subject_keys(uow, [event])


def store_subject_keys(uow: UnitOfWork, events: Iterable[KeyEvent]) -> None:
    """The same for many, in order: the keys of all are kept by one statement."""
    kept: dict[str, Mapping[str, Any]] = {}
    for event in events:
        subject = event.key.partition(":")[2]
        if event.record:
            kept[subject] = event.record
        else:
            kept.pop(subject, None)
            _forget(uow, subject)
    columns = {"subjects": sorted(kept)}  # one order for all members: no deadlocks
    columns |= {"keys": [kept[subject]["key_id"] for subject in columns["subjects"]]}
    columns |= {"wrapped": [kept[subject]["wrapped"] for subject in columns["subjects"]]}
    if kept:
        uow.session.execute(_STORE, {"tenant": uow.tenant, **columns})


def _forget(uow: UnitOfWork, subject: str) -> str:
    """Drops the subject's key and lets no later one in; the id that the key had."""
    nobody = {"tenant": uow.tenant, "subject": subject, "key": f"erased:{subject}"}
    key_id: str = uow.session.execute(_ERASE, nobody).scalar_one()
    return key_id


def normal_email(email: str) -> str:
    """One spelling of an address: lower case, composed, domain in ASCII, no blanks around it."""
    local, at, domain = unicodedata.normalize("NFC", email).strip().rstrip(".").lower().rpartition("@")
    with suppress(UnicodeError):  # not a domain: then the spelling itself is the identity
        domain = domain.encode("idna").decode()
    return f"{local}{at}{domain}"


def _bound(uow: UnitOfWork, key_id: str) -> bytes:
    """What sealed bytes are bound to: they open for no other tenant and under no other key."""
    return uow.tenant.bytes + key_id.encode()


def _sealed(uow: UnitOfWork, key_id: str, key: AESGCM, fields: Mapping[str, Any]) -> bytes:
    nonce = os.urandom(NONCE)
    return FORMAT + nonce + key.encrypt(nonce, orjson.dumps(fields), _bound(uow, key_id))


def _decrypted(key: AESGCM, nonce: bytes, sealed: bytes, bound: bytes) -> bytes:
    try:
        return key.decrypt(nonce, sealed, bound)
    except (InvalidTag, ValueError):
        raise Tampered("sealed bytes do not belong to this person and tenant") from None
