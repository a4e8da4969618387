"""Web forms: what a page sends, read as a lead (F2)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Literal

from services.leads.domain.custom import CUSTOM

Outcome = Literal["accepted", "awaiting", "flagged"]
"""A lead, a wait for the confirmation of its address, or a robot's work that is kept and goes nowhere."""

CONSENT: Final = "consent_"
UTM: Final = "utm_"
ALWAYS: Final = frozenset({"referrer", "channel", "campaign"})
"""Fields that a page may send whatever the form's mapping says; utm_* too."""
CONFIRM_WITHIN: Final = timedelta(days=7)
_YES: Final = frozenset({"on", "true", "yes", "1", "y"})


class FormNotFound(Exception):
    """There is no such form in this tenant."""


class Expired(Exception):
    """The link came too late."""


@dataclass(frozen=True)
class Reading:
    """What a submission says: fields of a lead, consents, and what no field of a lead is mapped to."""

    fields: dict[str, Any]
    consents: tuple[str, ...]
    """Channels that the person allowed."""
    unmapped: dict[str, str]


@dataclass(frozen=True)
class Layout:
    """How a form's fields are read: its field to the lead's, or to `consent_<channel>`."""

    mapping: Mapping[str, str] = field(default_factory=dict)
    honeypot: str | None = None
    """A field that people do not see, so that only robots fill it in."""

    def robot(self, sent: Mapping[str, str]) -> bool:
        """Whether a robot filled the form in."""
        return bool(self.honeypot and sent.get(self.honeypot))

    def read(self, sent: Mapping[str, str]) -> Reading:
        """The fields as a lead has them; empty ones were left out."""
        fields: dict[str, Any] = {}
        utm: dict[str, str] = {}
        custom: dict[str, str] = {}
        consents: list[str] = []
        unmapped: dict[str, str] = {}
        for name, value in sent.items():
            target = self._target(name)
            if name == self.honeypot or not value.strip():
                continue
            if target is None:
                unmapped[name] = value
            elif target.startswith(CONSENT):
                consents += [target.removeprefix(CONSENT)] if value.strip().lower() in _YES else []
            elif target.startswith(UTM):
                utm[target.removeprefix(UTM)] = value
            elif target.startswith(CUSTOM):
                custom[target.removeprefix(CUSTOM)] = value
            else:
                fields[target] = value
        documents = {name: found for name, found in (("utm", utm), ("custom", custom)) if found}
        return Reading(fields | documents, tuple(consents), unmapped)

    def field_of(self, target: str) -> str:
        """The form's name for a field of a lead."""
        return next((name for name, mapped in self.mapping.items() if mapped == target), target)

    def _target(self, name: str) -> str | None:
        if name in self.mapping:
            return self.mapping[name]
        return name if name in ALWAYS or name.startswith(UTM) else None
