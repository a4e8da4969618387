"""Where the time goes between the front door and the inbox, by the times of the records themselves."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import product

from bench.measure import Figure
from chassis.avro import Codec
from chassis.catalogue import Catalogue, Registry
from chassis.consumer.records import Decoder, Event
from chassis.live.source import CatchUp, bounds, open_consumer
from cli.api import Json
from cli.demo.report import spread
from deploy.local.system import System

Journey = dict[str, int]
"""Place to when the event, or what came of it, was there: milliseconds since the epoch."""
Cause = tuple[str, int]
"""Lead and time at the front door: by these an alert is known as the work of an event."""

TOPICS = ("engagement.received", "engagement.recorded", "leads.score", "notifications.alert")
HOPS = (
    ("accepted", "engagement.received"),
    ("engagement.received", "engagement.recorded"),
    ("engagement.recorded", "leads.score"),
    ("leads.score", "score stored"),
    ("leads.score", "notifications.alert"),
    ("notifications.alert", "alert in the inbox"),
)


def hops(system: System, scores: Iterable[Json], alerts: Iterable[Json], began: str) -> list[Figure]:
    """Middle and tail of every hop of the events that were accepted since then."""
    since = moment(began)
    found = [one for one in journeys(system, scores, alerts) if one.get("accepted", 0) > since]
    return [figure for hop in HOPS for figure in hop_figures(*hop, found)]


def journeys(system: System, scores: Iterable[Json], alerts: Iterable[Json]) -> list[Journey]:
    """What happened to each event: as the topics tell it, and as the APIs tell of the tables."""
    found: dict[str, Journey] = defaultdict(dict)
    causes: dict[Cause, Journey] = {}
    for event in told(system):
        record, at = event.record, event.raw.timestamp
        match event.type:
            case "EngagementReceived":
                found[record["event_id"]] |= {"accepted": record["received_at"], event.topic: at}
            case "EngagementRecorded":
                found[record["event_id"]][event.topic] = at
            case "ScoreChanged" if record["cause"] == "engagement":
                found[record["cause_id"]][event.topic] = at
                causes[record["lead_id"], record["recorded_at"]] = found[record["cause_id"]]
            case "AlertRaised":
                causes.get((record["subject_id"], record["recorded_at"]), {})[event.topic] = at
    for score in scores:
        found[score["cause_id"]]["score stored"] = moment(score["stored_at"])
    for alert in alerts:
        cause = alert["subject_id"], moment(alert["recorded_at"])
        causes.get(cause, {})["alert in the inbox"] = moment(alert["stored_at"])
    return list(found.values())


def told(system: System) -> Iterator[Event]:
    """Every event of the topics on the way, topic by topic."""
    catalogue, bootstrap = Catalogue.load(), system.kafka.bootstrap
    with Registry(system.registry.url) as registry:
        decoder = Decoder(Codec.start(catalogue, registry, None), catalogue, "bench")
        for topic in TOPICS:
            places = list(product([topic], range(catalogue.topic(topic).partitions)))
            asking = open_consumer(bootstrap, "bench")
            wanted = bounds(asking, places)
            asking.close()
            reading = CatchUp(bootstrap, "bench", wanted)
            while (raws := reading.read()) is not None:
                yield from (event for raw in raws if isinstance(event := decoder.decode(raw), Event))
            reading.close()


def hop_figures(start: str, end: str, found: Iterable[Journey]) -> list[Figure]:
    """How long it took from one place to the next."""
    waits = spread([(one[end] - one[start]) / 1000 for one in found if start in one and end in one])
    title = f"  {start} -> {end}, {waits['count']} times"
    return [
        Figure(f"{title}, {share}", "ms", {"SalesCompass": waits[f"{share}_ms"]}) for share in ("p50", "p99")
    ]


def moment(text: str) -> int:
    """An API's time as milliseconds since the epoch."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)
