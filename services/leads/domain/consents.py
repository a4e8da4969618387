"""What a person allows: consent per channel, with time, source and proof (F8)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Channel = Literal["email", "phone", "sms", "post", "chat"]
ConsentState = Literal["granted", "withdrawn"]


@dataclass(frozen=True)
class Consent:
    """What a person said of one channel. `proof` is what shows it: a text agreed to, an event, a letter."""

    channel: Channel
    state: ConsentState
    at: datetime
    source: str
    proof: str | None = None

    def plain(self) -> dict[str, Any]:
        """As the lead keeps it under its channel."""
        return {"state": self.state, "at": self.at.isoformat(), "source": self.source, "proof": self.proof}


def later(known: dict[str, Any] | None, consent: Consent) -> bool:
    """Whether the consent says more than what is known of its channel; the later word of a person holds."""
    if known is None:
        return True
    return known != consent.plain() and datetime.fromisoformat(known["at"]) <= consent.at
