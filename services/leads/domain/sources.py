"""Where a lead comes from: system keys, which tenants may call as they like (F6)."""

from typing import Final, Literal

Source = Literal[
    "web_form", "event", "referral", "ads", "manual", "upsell", "cross_sell", "renewal", "import", "api"
]
FROM_ACCOUNTS: Final[tuple[Source, ...]] = ("upsell", "cross_sell", "renewal")
"""Business with an account that there is already (F3)."""


def source_of(given: str | None, *, linked: bool) -> str:
    """The source of a lead that people enter: where they do not say, a linked account makes it an upsell."""
    return given or ("upsell" if linked else "manual")
