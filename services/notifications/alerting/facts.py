"""What alerting reads and says: facts about leads and scores, the tick; alerts and how they go on."""

from dataclasses import dataclass

OPEN = frozenset({"new", "contacted", "qualified"})
DAY = 86_400_000


@dataclass(frozen=True, slots=True)
class LeadFact:
    """What a lead is after one of its events; times are milliseconds UTC."""

    tenant: str
    lead: str
    version: int
    event_id: str
    occurred_at: int
    status: str | None
    """None where the event does not say, as with the following ones."""
    owner: str | None
    archived: bool | None = None
    moves: bool = False
    """Only creation and a change of status begin a stay."""
    respond_by: int | None = None
    """When the first human contact is due."""
    contacted: bool | None = None
    expands: bool | None = None
    """Whether a customer's account is to grow by it: an upsell, a cross-sell, a renewal."""


@dataclass(frozen=True, slots=True)
class SubjectFact:
    """What an event says of an account or an opportunity: what begins to be wrong, and what no longer is."""

    tenant: str
    subject: str
    version: int
    event_id: str
    occurred_at: int
    owner: str | None
    begins: tuple[tuple[str, str, int], ...] = ()
    """Kind, cause and when it is to be raised."""
    ends: tuple[str, ...] = ()
    """Kinds; what ends before it begins anew is named in both."""
    reason: str = "recovered"


@dataclass(frozen=True, slots=True)
class ScoreFact:
    """A lead's shown score after one piece of evidence; the highest (epoch, sequence) is the truth."""

    tenant: str
    lead: str
    epoch: int
    sequence: int
    shown: int
    cause: str
    """facts, engagement, adjustment, retraction, rules or time."""
    cause_id: str
    occurred_at: int
    recorded_at: int

    @property
    def evidence(self) -> str:
        """Names what was counted; a replay of the same evidence has the same name."""
        moment = f"@{self.occurred_at}" if self.cause == "time" else ""
        return f"{self.cause}:{self.cause_id}{moment}"


@dataclass(frozen=True, slots=True)
class Tick:
    """The time, milliseconds; everything written before it has been read."""

    time: int


@dataclass(frozen=True, slots=True)
class Raised:
    """An alert is open. `recorded_at` starts the latency that people feel; `raised_at` for timers."""

    alert_id: str
    kind: str
    severity: str
    cause: str
    raised_at: int
    recorded_at: int
    cause_id: str
    threshold: int | None
    score: int | None
    status: str | None
    owner: str | None


@dataclass(frozen=True, slots=True)
class Escalated:
    """The cause of an open alert lasts; level 1 is the first escalation."""

    alert_id: str
    level: int
    escalated_at: int
    owner: str | None


@dataclass(frozen=True, slots=True)
class Resolved:
    """The cause of an alert ended: score_fell, status_changed or archived."""

    alert_id: str
    resolved_at: int
    reason: str


Alert = Raised | Escalated | Resolved
