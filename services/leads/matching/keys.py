"""Where to look: records that share a key are compared. 64-bit hashes that include the tenant.

A name with one slip still shares a key: the slip is in the first word or in the last, not in both. So many
share the keys of a name alone that they cost most; with the company or its domain, one word is enough.
"""

from collections.abc import Iterator
from hashlib import blake2b
from itertools import product
from typing import Final
from uuid import UUID

from services.leads.matching.evidence import PERSON
from services.leads.matching.profile import Profile, ordered

_STEM = 4
"""Letters by which similar company names are found."""
WEAK: Final = round(100 * PERSON["name"])
"""Score below which people are found by what many share: their company, a name that is only similar."""


def search_keys(tenant: UUID, profile: Profile, least: int = 0) -> list[int]:
    """Under which keys those are found who may be a draft's person with at least this score."""
    weak = _weak(profile) if least < WEAK else ()
    return _hashed(tenant, *_of_people(profile), *_of_accounts(profile), *weak)


def index_keys(tenant: UUID, profile: Profile) -> list[int]:
    """Under which keys a record is found."""
    if profile.kind == "account":
        return _hashed(tenant, *_of_accounts(profile))
    return _hashed(tenant, *_of_people(profile), *_weak(profile))


def strong_keys(tenant: UUID, profile: Profile) -> list[int]:
    """Keys of what one person alone has; two creates that share one must see each other."""
    return _hashed(tenant, *_strong(profile))


def _strong(profile: Profile) -> Iterator[str]:
    if profile.email:
        yield f"email {profile.email}"
    if profile.phone:
        yield f"phone {profile.phone}"


def _of_people(profile: Profile) -> Iterator[str]:
    yield from _strong(profile)
    if profile.name:
        yield f"name {ordered(profile.name)}"
    firms = [text for text in (profile.company, profile.domain) if text]
    for firm, word in product(firms, _ends(profile)):
        yield f"{word} of {firm}"


def _weak(profile: Profile) -> Iterator[str]:
    if profile.company:
        yield f"company {profile.company}"
    if profile.name:
        one, other = _ends(profile)
        yield f"name {one} {other[:2]}"
        yield f"name {one[:2]} {other}"


def _of_accounts(profile: Profile) -> Iterator[str]:
    if profile.company:
        yield f"account {profile.company}"
        yield f"stem {profile.company.replace(' ', '')[:_STEM]}"
    if profile.domain:
        yield f"domain {profile.domain}"


def _ends(profile: Profile) -> list[str]:
    """First and last word of a name, in the order of the alphabet; none where there is no name."""
    words = profile.name.split()
    return sorted((words[0], words[-1])) if words else []


def _hashed(tenant: UUID, *texts: str) -> list[int]:
    digests = (blake2b(text.encode(), digest_size=8, key=tenant.bytes).digest() for text in texts)
    return list(dict.fromkeys(int.from_bytes(digest, signed=True) for digest in digests))
