"""The role `send`: hands queued messages to the mail server, each at most once but for a lost answer (G6)."""

import time
from collections import deque
from contextlib import closing
from dataclasses import asdict, replace
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

TURN = 10
"""Messages of a tenant until the next tenant has its turn."""
PROMPT = 20.0
"""Seconds from the claim on in which handing over may begin; the rest of the lease is for a slow server."""
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
    sender = Sender(runtime, settings, settings.smtp_url.get_secret_value(), stop)
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

    def __init__(self, runtime: Runtime, settings: NotificationsSettings, smtp_url: str, stop: Event) -> None:
        self._database, self._vault = runtime.database, runtime.vault
        self._settings, self._smtp_url, self._stop = settings, smtp_url, stop

    def send_due(self) -> bool:
        """Sends some messages of every tenant that has any; whether one has. Raises DatabaseUnavailable."""
        tenants = self._database.run(NOBODY, ACTOR, messages.tenants_with_due_messages)
        for tenant in tenants:
            self._take_turn(tenant)
        return bool(tenants)

    def _take_turn(self, tenant: UUID) -> None:
        """Claims some at once, but settles each by itself: a kill costs one second mail at most (G6)."""
        until = time.monotonic() + PROMPT
        claim = partial(messages.claim_messages, vault=self._vault, most=TURN)
        claimed = deque(self._database.run(tenant, ACTOR, claim))
        with closing(mail.Postbox(self._smtp_url)) as postbox:
            while claimed and time.monotonic() < until and not self._stop.is_set():
                message = claimed.popleft()
                ended = asdict(self._hand_over(message, postbox))
                self._database.run(tenant, ACTOR, partial(messages.settle_message, claimed=message, **ended))
        if claimed:
            self._database.run(tenant, ACTOR, partial(messages.give_back, claimed=claimed))

    def _hand_over(self, message: Claimed, postbox: mail.Postbox) -> mail.Delivery:
        words = message.words
        if isinstance(words, mail.Urgent):
            words = replace(words, link=f"{self._settings.public_url.rstrip('/')}{words.link}")
        text = mail.letter(words, sender=self._settings.mail_from, to=message.address, id=str(message.id))
        delivery = postbox.hand_over(text)
        log.info("mail_handed_over", message=str(message.id), **asdict(delivery))
        return delivery
