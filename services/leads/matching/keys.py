"""Where to look: records that share a key are compared. 64-bit hashes that include the tenant.

A name with one typo still shares a key: the typo is in the first word or in the last, not in both.
"""

from collections.abc import Iterator
from hashlib import blake2b
from uuid import UUID

from services.leads.matching.profile import Profile

_STEM = 4
"""Letters by which similar company names are found."""


def search_keys(tenant: UUID, profile: Profile) -> list[int]:
    """Under which keys the candidates of a draft are found."""
    return [_hashed(tenant, text) for text in dict.fromkeys([*_texts(profile), *_of_accounts(profile)])]


def index_keys(tenant: UUID, profile: Profile) -> list[int]:
    """Under which keys a record is found. People are not found by what only tells of their company."""
    own = _of_accounts(profile) if profile.kind == "account" else ()
    return [_hashed(tenant, text) for text in dict.fromkeys([*_texts(profile), *own])]


def strong_keys(tenant: UUID, profile: Profile) -> list[int]:
    """Keys of what one person alone has; two creates that share one must see each other."""
    return [_hashed(tenant, text) for text in _strong(profile)]


def _strong(profile: Profile) -> Iterator[str]:
    if profile.email:
        yield f"email {profile.email}"
    if profile.phone:
        yield f"phone {profile.phone}"


def _texts(profile: Profile) -> Iterator[str]:
    yield from _strong(profile)
    if profile.company:
        yield f"company {profile.company}"
    if words := profile.name.split():
        one, other = sorted((words[0], words[-1]))
        yield f"name {one} {other[:2]}"
        yield f"name {one[:2]} {other}"


def _of_accounts(profile: Profile) -> Iterator[str]:
    if profile.company:
        yield f"stem {profile.company.replace(' ', '')[:_STEM]}"
    if profile.domain:
        yield f"domain {profile.domain}"


def _hashed(tenant: UUID, text: str) -> int:
    digest = blake2b(text.encode(), digest_size=8, key=tenant.bytes).digest()
    return int.from_bytes(digest, signed=True)
