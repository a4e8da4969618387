"""The marketing systems of the demo: a website with Segment's SDK and a mailer that writes Avro to Kafka.

They stand outside SalesCompass and use third-party clients only, as a customer's systems would.
"""

import json
import time
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from confluent_kafka import Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from segment.analytics.client import Client

from cli.demo.cast import Deed

INBOUND = "engagement.inbound"
RECORD = "salescompass.engagement.InboundEvent"


class Website:
    """Sends page views and clicks through the front door; resends what was not taken, with the same ids."""

    def __init__(self, gateway: str, write_key: str, started: datetime) -> None:
        self.client = Client(write_key, host=gateway, max_retries=20, upload_interval=0.1, gzip=True)
        self.started = started

    def send(self, deed: Deed) -> None:
        """Queues one deed; does not block."""
        who = {"anonymous_id": f"browser-{deed.message_id.rsplit('-', 1)[0]}"}
        if deed.known:
            who["user_id"] = deed.person.email
        what = {
            **who,
            "timestamp": self.started + timedelta(minutes=deed.minute),
            "message_id": deed.message_id,
        }
        if deed.kind == "identify":
            self.client.identify(traits=deed.properties, **what)
        elif deed.kind == "page":
            self.client.page(name=deed.name, properties=deed.properties, **what)
        else:
            self.client.track(event=deed.name, properties=deed.properties, **what)

    def flush(self) -> None:
        """Blocks until all is sent."""
        self.client.flush()

    def close(self) -> None:
        """Sends what is queued and ends the SDK's thread."""
        self.client.shutdown()


class Mailer:
    """Publishes what happened to mails as Avro on engagement.inbound, with the write key in a header."""

    def __init__(self, kafka: str, registry: str, write_key: str, started: datetime) -> None:
        self.producer = Producer(
            {
                "bootstrap.servers": kafka,
                "enable.idempotence": True,
                "max.in.flight.requests.per.connection": 1,  # see docs/decisions/0012
                "linger.ms": 5,
            }
        )
        client = SchemaRegistryClient({"url": registry, "timeout": 10})
        schema = client.get_latest_version(f"{INBOUND}-{RECORD}").schema
        self.serializer = AvroSerializer(
            client,
            schema,
            conf={
                "auto.register.schemas": False,
                "use.latest.version": False,
                "subject.name.strategy": subject,
            },
        )
        self.headers: dict[str, str | bytes | None] = {"x-write-key": write_key}
        self.started = started

    def send(self, deed: Deed) -> None:
        """Queues one deed; does not block."""
        at = int((self.started + timedelta(minutes=deed.minute)).timestamp() * 1000)
        record = {
            "message_id": deed.message_id,
            "type": deed.kind,
            "name": deed.name,
            "occurred_at": at,
            "sent_at": int(time.time() * 1000),
            "email": deed.person.email,
            "properties": json.dumps(deed.properties),
        }
        value = self.serializer(record, SerializationContext(INBOUND, MessageField.VALUE))
        self.producer.produce(INBOUND, value, key=deed.message_id.rsplit("-", 1)[0], headers=self.headers)
        self.producer.poll(0)

    def flush(self) -> None:
        """Blocks until the broker has acknowledged all; raises when it did not within 60 s."""
        if left := self.producer.flush(60):
            raise TimeoutError(
                f"{left} events are not acknowledged by Kafka; is it up? See `salescompass logs kafka`."
            )

    def close(self) -> None:
        """Sends what is queued."""
        self.flush()


def subject(context: SerializationContext, record_name: str) -> str:
    """TopicRecordNameStrategy."""
    return f"{context.topic}-{record_name}"


class Marketing:
    """Both systems of a tenant; mails go by Kafka, everything else by HTTP."""

    def __init__(self, website: Website, mailer: Mailer) -> None:
        self.website, self.mailer = website, mailer

    def send(self, deed: Deed) -> None:
        """Hands a deed to the system that saw it."""
        (self.mailer if is_mail(deed) else self.website).send(deed)

    def flush(self) -> None:
        """Blocks until both have sent all."""
        self.website.flush()
        self.mailer.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.website.close()
        self.mailer.close()


def is_mail(deed: Deed) -> bool:
    """Whether the mailer saw it."""
    return "email_id" in deed.properties
