"""What records say to scoring, and the record of what it says."""

from typing import NamedTuple

from chassis.streams import Record
from services.leads.scoring import Adjustment, Contribution, Engagement, Evidence, Facts, Outcome

_new = tuple.__new__
"""Makes a named tuple in a third of the time of its constructor."""


class Told(NamedTuple):
    """Why a score is said: kind and id of the cause, when it happened, when it reached the front door."""

    cause: str
    cause_id: str
    occurred_at: int
    recorded_at: int


def evidence_of(type: str, record: Record) -> tuple[Evidence, Told] | None:
    """What a record says to scoring; None for what it does not look at (a status)."""
    id, at = record["event_id"], record["occurred_at"]
    if type == "EngagementRecorded":
        told = ("engagement", id, at, record["received_at"])
        return _new(Engagement, (id, at, record["kind"], record["once_key"])), _new(Told, told)
    if type in ("LeadCreated", "LeadChanged"):
        return Facts(id, at, record["version"], record["facts"]), Told("facts", id, at, at)
    if type == "LeadScoreAdjusted":
        return Adjustment(id, at, record["points"]), Told("adjustment", id, at, at)
    return None


def record_of(key: str, told: Told, epoch: int, sequence: int, outcome: Outcome) -> Record:
    """The record of an outcome; (lead, epoch, sequence) is its id."""
    tenant, _, lead = key.partition(":")
    cause, cause_id, occurred_at, recorded_at = told
    raw, shown, previous, fit, engagement, grade, version, change, full, added, removed = outcome
    return {
        "event_id": f"{lead}:{epoch}:{sequence}",
        "tenant_id": tenant,
        "lead_id": lead,
        "epoch": epoch,
        "sequence": sequence,
        "full": full,
        "occurred_at": occurred_at,
        "recorded_at": recorded_at,
        "cause_id": cause_id,
        "cause": cause,
        "raw": raw,
        "shown": shown,
        "previous_shown": previous,
        "fit": fit,
        "engagement": engagement,
        "grade": grade,
        "rules_version": version,
        "next_change_at": change,
        "added": [_contribution(one) for one in added],
        "removed": [{"rule": rule, "event_id": event} for rule, event in removed] if removed else [],
    }


def _contribution(one: Contribution) -> Record:
    rule, version, category, event_id, at, points, reason = one
    return {
        "rule": rule,
        "rule_version": version,
        "category": category,
        "event_id": event_id,
        "occurred_at": at,
        "points": points,
        "reason": reason,
    }
