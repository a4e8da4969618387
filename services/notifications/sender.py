"""The role `send`: hands queued messages to the mail server, each at most once but for a lost answer (G6)."""

from dataclasses import replace
from functools import partial
from threading import Event
from uuid import UUID

import structlog

from chassis.db import DatabaseUnavailable
from chassis.ids import NOBODY
from chassis.runtime import Runtime
from services.notifications import mail
from services.notifications.commands import messages
from services.notifications.commands.messages import Claimed
from services.notifications.settings import NotificationsSettings

log = structlog.get_logger(__name__)

IDLE = 0.25
"""Seconds between two looks when there was nothing to send."""
ACTOR = "system:send"


def run_sender(runtime: Runtime, stop: Event) -> None:
    """Sends until `stop` is set; a message under way is finished. Blocks."""
    settings = runtime.settings
    assert isinstance(settings, NotificationsSettings)
    if settings.smtp_url is None:
        log.warning("no_mail_server", detail="SMTP_URL is not set: e-mails stay queued")
        stop.wait()
        return
    sender = Sender(runtime, settings, settings.smtp_url.get_secret_value())
    while not stop.is_set():
        if not _sent_something(sender):
            stop.wait(IDLE)


def _sent_something(sender: "Sender") -> bool:
    try:
        return sender.send_due()
    except DatabaseUnavailable as error:
        log.warning("database_away", cause=str(error))
        return False


class Sender:
    """Claims, hands over, settles; the claim is committed before the first byte leaves."""

    def __init__(self, runtime: Runtime, settings: NotificationsSettings, smtp_url: str) -> None:
        self._database, self._vault = runtime.database, runtime.vault
        self._settings, self._smtp_url = settings, smtp_url

    def send_due(self) -> bool:
        """Sends one message of every tenant that has some; whether any has. Raises DatabaseUnavailable."""
        tenants = self._database.run(NOBODY, ACTOR, messages.tenants_with_due_messages)
        for tenant in tenants:
            if claimed := self._database.run(
                tenant, ACTOR, partial(messages.claim_message, vault=self._vault)
            ):
                self._send(tenant, claimed)
        return bool(tenants)

    def _send(self, tenant: UUID, message: Claimed) -> None:
        words = message.words
        if isinstance(words, mail.Urgent):
            words = replace(words, link=f"{self._settings.public_url.rstrip('/')}{words.link}")
        text = mail.letter(words, sender=self._settings.mail_from, to=message.address, id=str(message.id))
        ended = mail.hand_over(text, self._smtp_url)
        log.info("mail_handed_over", message=str(message.id), accepted=ended.accepted, answer=ended.detail)
        self._database.run(
            tenant,
            ACTOR,
            lambda uow: messages.settle_message(
                uow, message, accepted=ended.accepted, refused=ended.refused, detail=ended.detail
            ),
        )
