"""Public keys of forms: they stand in web pages, so they name a form and open nothing.

A key says whose form it is, so that it can be looked up under the walls between tenants; the rest is random.
"""

import base64
import binascii
import re
import secrets
from typing import Final
from uuid import UUID

PREFIX: Final = "form_"
_SHAPE: Final = re.compile(PREFIX + r"[A-Za-z0-9_-]{43}")
_RANDOM: Final = 16


def new_form_key(tenant: UUID) -> str:
    """A fresh key of a tenant's form."""
    raw = tenant.bytes + secrets.token_bytes(_RANDOM)
    return PREFIX + base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def tenant_of(key: str) -> UUID | None:
    """Whose form a key claims to name; None for what is no key."""
    if not _SHAPE.fullmatch(key):
        return None
    try:
        return UUID(bytes=base64.urlsafe_b64decode(key.removeprefix(PREFIX) + "=")[:16])
    except (binascii.Error, ValueError):
        return None
