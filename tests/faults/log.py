"""The log as an oracle: what the scores must be, told by nothing but the records in Kafka."""

from collections import defaultdict
from typing import Any

from chassis.avro import Codec
from chassis.catalogue import Catalogue, Registry
from services.leads.scoring import Adjustment, Engagement, Evidence, Facts, Outcome, default_rules, fold
from tests.topics import records

Record = dict[str, Any]


def read_all(kafka: str, registry: str, topic: str) -> list[tuple[str, Record]]:
    """Name and fields of every record of a topic."""
    catalogue = Catalogue.load()
    with Registry(registry) as client:
        codec = Codec.start(catalogue, client)
    return [codec.decode(topic, message.value()) for message in records(kafka, topic)]


def scores(kafka: str, registry: str) -> dict[str, Outcome]:
    """Lead to score, as a pure fold of the evidence under the default rules (G5)."""
    evidence: dict[str, list[Evidence]] = defaultdict(list)
    for topic in ("leads.lead", "engagement.recorded"):
        for kind, record in read_all(kafka, registry, topic):
            if (one := as_evidence(kind, record)) is not None:
                evidence[record["lead_id"]].append(one)
    folded = {lead: fold(found, default_rules()) for lead, found in evidence.items()}
    return {lead: outcome for lead, outcome in folded.items() if outcome is not None}


def as_evidence(kind: str, record: Record) -> Evidence | None:
    """What a record says about a score."""
    about = record["event_id"], record["occurred_at"]
    if kind in ("LeadCreated", "LeadChanged"):
        return Facts(*about, record["version"], record["facts"])
    if kind == "LeadScoreAdjusted":
        return Adjustment(*about, record["points"])
    if kind == "EngagementRecorded":
        return Engagement(*about, record["kind"], record["once_key"])
    return None
