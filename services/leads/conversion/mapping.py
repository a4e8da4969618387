"""Which field of a lead becomes which field of account or contact: a table per tenant (F47)."""

from collections.abc import Mapping
from dataclasses import dataclass

PROFILE = (
    "first_name", "last_name", "company", "job_title", "email", "phone", "industry", "company_size",
    "country", "region", "channel", "campaign", "referrer", "description", "esg_interest", "utm",
    "custom",
)  # fmt: skip
"""Everything that people said of a lead: what a mapping sorts."""
DOCUMENTS = ("utm", "custom")
"""Of these every part is mapped by itself, as `utm.campaign`."""
CONTACT = ("first_name", "last_name", "email", "phone", "job_title")
ATTRIBUTE = "account.attributes."
"""Whatever stands behind it is the name of an attribute that the account keeps as text."""

FIXED: Mapping[str, str] = {
    **{name: f"contact.{name}" for name in CONTACT},
    "company": "account.account_name",
    "industry": "account.industry",
    "country": "account.country",
    "esg_interest": "account.esg_engagement",
}
"""What conversion itself rests on; a tenant adds to it."""
DEFAULT_MAPPING: Mapping[str, str] = {
    "region": f"{ATTRIBUTE}region",
    "description": f"{ATTRIBUTE}description",
}


class UnknownTarget(Exception):
    """A mapping names a field that nothing has, or one whose place is fixed."""


@dataclass(frozen=True)
class Mapped:
    """What of a lead goes where, and what goes nowhere."""

    attributes: Mapping[str, str]
    """Attribute of the account to its value."""
    unmapped: tuple[str, ...]
    """Fields of the lead that have a value and no target: told, never dropped in silence."""


def check(mapping: Mapping[str, str]) -> None:
    """Raises UnknownTarget for a mapping that cannot be."""
    for field, target in mapping.items():
        if field in FIXED:
            raise UnknownTarget(f"{field} always becomes {FIXED[field]}.")
        if field.partition(".")[0] not in PROFILE:
            raise UnknownTarget(f"A lead has no field {field}.")
        if not target.startswith(ATTRIBUTE) or not target.removeprefix(ATTRIBUTE).isidentifier():
            raise UnknownTarget(f"{target} is no target: say {ATTRIBUTE}NAME.")


def check_targets(mapping: Mapping[str, str]) -> None:
    """Raises UnknownTarget for a new mapping of which a conversion would lose something."""
    for field, target in mapping.items():
        if field in DOCUMENTS:
            raise UnknownTarget(f"{field} holds many fields: say {field}.NAME.")
        if list(mapping.values()).count(target) > 1:
            raise UnknownTarget(f"{target} is filled by more than one field.")


def mapped(profile: Mapping[str, object], mapping: Mapping[str, str]) -> Mapped:
    """Sorts the fields of a lead that have a value."""
    values = dict(_flat(profile))
    attributes = {mapping[name].removeprefix(ATTRIBUTE): v for name, v in values.items() if name in mapping}
    unmapped = sorted(name for name in values if name not in mapping and name not in FIXED)
    return Mapped(attributes, tuple(unmapped))


def _flat(profile: Mapping[str, object]) -> list[tuple[str, str]]:
    found = []
    for name, value in profile.items():
        if isinstance(value, Mapping):
            found += [
                (f"{name}.{key}", _text(inner)) for key, inner in value.items() if inner not in (None, "")
            ]
        elif value not in (None, ""):
            found.append((name, str(value)))
    return found


def _text(value: object) -> str:
    """As JSON spells it: true, not True."""
    return str(value).lower() if isinstance(value, bool) else str(value)
