"""What is kept of a subject between two facts."""

from dataclasses import dataclass, field
from uuid import UUID, uuid5

from services.notifications.alerting.concerns import Concerns
from services.notifications.alerting.crossings import THRESHOLDS, Line
from services.notifications.alerting.facts import OPEN, Alert
from services.notifications.alerting.stays import Stay

NAMESPACE = UUID("8f4f0f0e-5a1e-5c55-9d6b-6a1c0f5a7c01")
"""That of `chassis.ids.derived_id`, which makes the same ids: a fold imports nothing but itself."""


@dataclass(frozen=True, slots=True)
class State:
    """All that is kept of one lead, account or opportunity; bounded. Of the latter two only concerns."""

    tenant: str
    lead: str
    version: int = -1
    """Of the last lead event; -1 while only scores are known: they wait, and nothing is said."""
    lead_at: int = 0
    owner: str | None = None
    archived: bool = False
    stay: Stay | None = None
    closed: tuple[int, str] | None = None
    """When and why the lead last left the open statuses."""
    epoch: int = -1
    sequence: int = -1
    shown: int = 0
    score_at: int = 0
    earlier: tuple[int, ...] = ()
    """Causes counted in earlier epochs, hashed."""
    current: tuple[int, ...] = ()
    """Causes counted in this epoch, hashed."""
    lines: tuple[Line, ...] = field(default_factory=lambda: tuple(Line() for _ in THRESHOLDS))
    concerns: Concerns = ()
    respond_by: int | None = None
    contacted: bool = False
    expands: bool = False

    @property
    def status(self) -> str | None:
        """Of the lead, where it is known."""
        return self.stay.status if self.stay else None

    @property
    def alive(self) -> bool:
        """Whether the lead may still become a customer."""
        return self.status in OPEN and not self.archived


Step = tuple[State, list[Alert]]


def alert_id(state: State, kind: str, cause: str) -> str:
    """Id of the subject's alert of this kind and cause: the same fact is the same alert (G6)."""
    return str(uuid5(NAMESPACE, "\x1f".join((state.tenant, kind, state.lead, cause))))
