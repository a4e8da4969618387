"""How a tenant converts: amounts, close date, follow-ons, mapping, whether by itself (F47, F50, F51)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from services.leads.conversion.mapping import DEFAULT_MAPPING, check
from services.leads.conversion.plan import Money

FOLLOW_ONS = ("welcome_mail", "onboarding_task", "nps_survey", "stop_marketing")


@dataclass(frozen=True)
class Settings:
    """The settings in force; the defaults are those of a tenant that said nothing.

    Raises UnknownTarget for a mapping that cannot be.
    """

    currency: str = "EUR"
    amounts: Mapping[str, int] = field(default_factory=dict)
    """Company size, or `default`, to the amount of a new opportunity in minor units."""
    close_days: int = 90
    follow_ons: Sequence[str] = FOLLOW_ONS
    auto_convert: bool = False
    mapping: Mapping[str, str] = field(default_factory=lambda: dict(DEFAULT_MAPPING))

    def __post_init__(self) -> None:
        check(self.mapping)

    def amount_for(self, company_size: str | None) -> Money | None:
        """The amount by the tenant's rule, never by the company's revenue; None where no rule gives one."""
        minor = self.amounts.get(company_size or "default", self.amounts.get("default"))
        return None if minor is None else Money(minor, self.currency)
