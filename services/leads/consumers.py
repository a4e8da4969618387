"""Kafka in: which command answers which event."""

from collections.abc import Sequence

from chassis.colleagues import store_colleague
from chassis.consumer import Consumers, Event
from chassis.db import UnitOfWork
from chassis.dead_letters import store_dead_letter
from chassis.metrics import metrics, waited
from chassis.pii import store_subject_key
from services.leads import commands

consumers = Consumers("leads")


@consumers.on_batch("leads.score", "ScoreChanged")
def score_changed(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Scores with what they are made of: store them, promote whom they lift."""
    commands.store_scores(uow, [event.record for event in events])
    for event in events:
        waited(metrics().score_latency, event.record["recorded_at"], uow.now)


consumers.on("identity.user", "User", resent=False)(store_colleague)
consumers.on("identity.subject-key", "SubjectKey")(store_subject_key)
consumers.on_raw("leads.dead-letter")(store_dead_letter)
