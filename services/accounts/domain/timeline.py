"""What of the topics stands on an account's timeline (F53), and what of it is a sign of life."""

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple, get_args

EntryType = Literal[
    "account_opened",
    "account_changed",
    "contact_added",
    "contact_removed",
    "risk_changed",
    "lead_created",
    "lead_status_changed",
    "lead_assigned",
    "lead_activity",
    "lead_band_changed",
    "lead_converted",
    "opportunity_opened",
    "opportunity_stage_changed",
    "opportunity_withdrawn",
    "alert_raised",
]
ENTRY_TYPES: Final[tuple[EntryType, ...]] = get_args(EntryType)


class Shape(NamedTuple):
    """How an event is shown: as what, which of its fields, and since when."""

    type: EntryType
    fields: tuple[str, ...]
    at: str = "occurred_at"
    sign: bool = False
    """Whether it ends a silence: a new lead, an activity, a deal that moves."""
    by: str = "system:scoring"
    """Who did it, where the event does not say."""


_DEAL = ("title", "deal_type", "stage", "outcome", "amount_minor", "currency")
SHOWN: Final[Mapping[str, Shape]] = {
    "AccountOpened": Shape("account_opened", ("account_name", "tier")),
    "AccountChanged": Shape("account_changed", ("changed", "tier", "owner_id", "closed")),
    "ContactAdded": Shape("contact_added", ("contact_id", "primary")),
    "ContactRemoved": Shape("contact_removed", ("contact_id", "reason")),
    "AccountRiskChanged": Shape("risk_changed", ("at_risk", "reason", "health")),
    "LeadCreated": Shape("lead_created", ("lead_source", "status"), at="created_at", sign=True),
    "LeadStatusChanged": Shape("lead_status_changed", ("previous", "status", "reason_code", "score")),
    "LeadAssigned": Shape("lead_assigned", ("owner_id", "previous_owner_id", "rule")),
    "LeadActivityLogged": Shape("lead_activity", ("activity", "first"), at="happened_at", sign=True),
    "ScoreChanged": Shape("lead_band_changed", ("previous_band", "band", "shown")),
    "LeadConverted": Shape("lead_converted", ("path", "score", "contact_id", "opportunity_id"), sign=True),
    "OpportunityOpened": Shape("opportunity_opened", _DEAL, sign=True),
    "OpportunityStageChanged": Shape(
        "opportunity_stage_changed", (*_DEAL, "previous", "reason_code", "competitor"), sign=True
    ),
    "OpportunityWithdrawn": Shape("opportunity_withdrawn", ("reason",)),
    "AlertRaised": Shape(
        "alert_raised",
        ("alert_id", "kind", "severity", "score", "status"),
        at="raised_at",
        by="system:alerts",
    ),
}
"""Event to how it is shown. What is not here is noise: a score within its band, a week that passes."""
BANDS: Final = ((70, "qualified"), (40, "contacted"), (0, "new"))


def band(score: int) -> str:
    """The band of a lead's shown score; only a crossing stands on the timeline."""
    return next(name for least, name in BANDS if score >= least)


def shown(type: str, record: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an event that its entry shows; those without a value are left out."""
    return {name: record[name] for name in SHOWN[type].fields if record.get(name) is not None}
