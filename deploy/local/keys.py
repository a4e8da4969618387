"""Keys of a local system, made at its first start, readable by its owner only, never in the repository."""

import base64
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from chassis.auth import OPERATOR, Caller, SigningKey, make_signing_key, mint_token
from chassis.ids import NOBODY, tenant_id, user_id
from deploy.local.home import SetupError, folder
from deploy.local.people import Person, people


@dataclass(frozen=True)
class Issuer:
    """Whom the services of a local system believe."""

    auth_issuer: str = "https://identity.salescompass.local"
    auth_audience: str = "salescompass"
    auth_jwks: str = ""


def secret(home: Path, name: str) -> str:
    """32 random bytes in base64, made where missing."""
    file = folder(home / "keys") / name
    if not file.exists():
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(base64.b64encode(secrets.token_bytes(32)).decode())
    return file.read_text()


def signing_key(home: Path) -> SigningKey:
    """The key that signs bearer tokens; its public half is `keys/jwks.json`."""
    return make_signing_key(folder(home / "keys"))


def token(home: Path, tenant: str, login: str) -> str:
    """A bearer token for a seeded user, good for an hour; raises `SetupError` for an unknown one."""
    person = find(tenant, login)
    tenant_uuid = tenant_id(tenant)
    caller = Caller(tenant_uuid, user_id(tenant_uuid, login), login, frozenset(person.roles))
    return mint_token(signing_key(home), Issuer(), caller)


def operator_token(home: Path) -> str:
    """A bearer token for who runs this system, good for an hour."""
    caller = Caller(NOBODY, user_id(NOBODY, OPERATOR), OPERATOR, frozenset({OPERATOR}))
    return mint_token(signing_key(home), Issuer(), caller)


def find(tenant: str, login: str) -> Person:
    """The seeded person; raises `SetupError` naming those that there are."""
    everybody = people()
    for person in everybody:
        if (person.tenant, person.login) == (tenant, login):
            return person
    known = ", ".join(f"{person.tenant}/{person.login}" for person in everybody)
    raise SetupError(f"There is no user {login!r} in tenant {tenant!r}; seeded are {known}.")
