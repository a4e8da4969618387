"""Which field of a lead becomes which field of account, contact or opportunity: a table per tenant (F47)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, Literal

PROFILE = (
    "first_name", "last_name", "company", "job_title", "email", "phone", "industry", "company_size",
    "country", "region", "channel", "campaign", "referrer", "description", "esg_interest", "utm",
    "custom",
)  # fmt: skip
"""Everything that people said of a lead: what a mapping sorts."""
DOCUMENTS = ("utm", "custom")
"""Of these every part is mapped by itself, as `utm.campaign`."""
CONTACT = ("first_name", "last_name", "email", "phone", "job_title")
Thing = Literal["account", "contact", "opportunity"]
THINGS: Final[tuple[Thing, ...]] = ("account", "contact", "opportunity")
ATTRIBUTES: Final = ".attributes."
"""Behind it stands the name of an attribute that the thing keeps as text."""

FIXED: Mapping[str, str] = {
    **{name: f"contact.{name}" for name in CONTACT},
    "company": "account.account_name",
    "industry": "account.industry",
    "country": "account.country",
    "esg_interest": "account.esg_engagement",
}
"""What conversion itself rests on; a tenant adds to it."""
DEFAULT_MAPPING: Mapping[str, str] = {
    "region": "account.attributes.region",
    "description": "account.attributes.description",
}


class UnknownTarget(Exception):
    """A mapping names a field that nothing has, or one whose place is fixed."""


@dataclass(frozen=True)
class Mapped:
    """What of a lead goes where, and what goes nowhere."""

    attributes: Mapping[Thing, Mapping[str, str]]
    """Of each thing that has any: attribute to its value."""
    unmapped: tuple[str, ...]
    """Fields of the lead that have a value and come nowhere: told, never dropped in silence."""

    def of(self, thing: Thing) -> Mapping[str, str]:
        """Attributes of one of the things."""
        return self.attributes.get(thing, {})


def check(mapping: Mapping[str, str]) -> None:
    """Raises UnknownTarget for a mapping that cannot be."""
    for field, target in mapping.items():
        if field in FIXED:
            raise UnknownTarget(f"{field} always becomes {FIXED[field]}.")
        if field.partition(".")[0] not in PROFILE:
            raise UnknownTarget(f"A lead has no field {field}.")
        if _place(target) is None:
            raise UnknownTarget(
                f"{target} is no target: say account.attributes.NAME, contact. or opportunity. likewise."
            )


def check_targets(mapping: Mapping[str, str]) -> None:
    """Raises UnknownTarget for a new mapping of which a conversion would lose something."""
    for field, target in mapping.items():
        if field in DOCUMENTS:
            raise UnknownTarget(f"{field} holds many fields: say {field}.NAME.")
        if list(mapping.values()).count(target) > 1:
            raise UnknownTarget(f"{target} is filled by more than one field.")


def mapped(profile: Mapping[str, object], mapping: Mapping[str, str], opened: Collection[Thing]) -> Mapped:
    """Sorts the fields of a lead that have a value. What is not opened but there already keeps its own."""
    attributes: dict[Thing, dict[str, str]] = {}
    unmapped = []
    for name, value in _flat(profile):
        place = _place(mapping.get(name, ""))
        if place and place[0] in opened:
            attributes.setdefault(place[0], {})[place[1]] = value
        elif name not in FIXED:
            unmapped.append(name)
    return Mapped(attributes, tuple(sorted(unmapped)))


def _place(target: str) -> tuple[Thing, str] | None:
    """Thing and attribute of a target; None where it is none."""
    thing, _, name = target.partition(ATTRIBUTES)
    return next(((one, name) for one in THINGS if one == thing and name.isidentifier()), None)


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
