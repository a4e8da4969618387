"""What is left of a lead whose person was erased: facts that tell of nobody (F109)."""

from collections.abc import Mapping
from typing import Any, Final

PERSON: Final = (
    "first_name",
    "last_name",
    "company",
    "job_title",
    "email",
    "email_normal",
    "email_hash",
    "phone",
    "phone_e164",
    "referrer",
    "description",
    "custom",
)
"""Fields that tell who it is, or hold what people wrote."""
TYPED: Final = ("proof", "source", "utm", "referrer")
"""Of what the lead keeps as documents: texts that people typed, or that came with an address of the web."""


def without_person(lead: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that an erasure changes, as they are then."""
    consents = {channel: _untold(said) for channel, said in (lead["consents"] or {}).items()}
    touches = {name: _untold(lead[name]) for name in ("first_touch", "last_touch")}
    return {**dict.fromkeys(PERSON), "utm": {}, "consents": consents or None, **touches}


def _untold(said: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """That something was said, by which way and when, without the words."""
    if said is None:
        return None
    return {name: None if name in TYPED else value for name, value in said.items()}
