"""Urgent e-mails: at most one each, tried again when put off, never again when refused."""

from datetime import timedelta
from threading import Event
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from chassis.db import UnitOfWork
from chassis.ids import user_id
from services.notifications import commands, mail
from services.notifications.commands import messages
from services.notifications.domain import ATTEMPTS, next_attempt
from services.notifications.sender import Sender
from tests.services.notifications.conftest import ACME, NOON, House, Post


@pytest.fixture
def stop() -> Event:
    """Asks the sender to end."""
    return Event()


@pytest.fixture
def sender(house: House, post: Post, stop: Event) -> Sender:
    """The role's worker."""
    settings: Any = SimpleNamespace(
        mail_from="SalesCompass <alerts@salescompass.local>", public_url="http://gateway/"
    )
    runtime: Any = SimpleNamespace(database=house.database, vault=house.vault)
    return Sender(runtime, settings, post.url, stop)


@pytest.fixture
def urgent(house: House) -> UUID:
    """An urgent alert about Jane, for Ana."""
    ana = house.person("ana", "rep")
    return UUID(house.raised(house.lead("Jane", ana), ana)["alert_id"])


def make_due(house: House) -> None:
    """Lets the waiting time of every message pass."""
    house.run(
        lambda uow: uow.session.execute(text("UPDATE messages SET due_at = now(), leased_until = NULL"))
    )


def states(house: House) -> list[tuple[Any, ...]]:
    """State and attempts of every message."""
    return house.rows("SELECT state, attempt FROM messages")


def told(house: House) -> list[tuple[str, int]]:
    """State and attempt of every MessageSent."""
    sent = house.rows("SELECT value FROM outbox WHERE topic = 'notifications.message' ORDER BY id")
    records = [house.codec.decode("notifications.message", bytes(value))[1] for (value,) in sent]
    return [(record["state"], record["attempt"]) for record in records]


@pytest.mark.usefixtures("urgent")
def test_an_urgent_alert_is_mailed_once_with_who_why_and_where(
    house: House, post: Post, sender: Sender
) -> None:
    assert sender.send_due()
    assert not sender.send_due()
    (letter,) = post.mails
    assert (letter["To"], letter["Subject"]) == ("ana@acme.example", "Jane Doe: score 92 is above 85")
    plain = letter.get_body(("plain",))
    assert plain is not None
    assert "http://gateway/leads/" in plain.get_content()
    assert (states(house), told(house)) == ([("sent", 1)], [("sent", 1)])


@pytest.mark.usefixtures("urgent")
def test_a_mail_that_is_put_off_is_tried_again_later(house: House, post: Post, sender: Sender) -> None:
    post.answers = ["451 try again"]
    assert sender.send_due()
    assert not sender.send_due()
    make_due(house)
    sender.send_due()
    assert len(post.mails) == 1
    assert told(house) == [("failed", 1), ("sent", 2)]


@pytest.mark.usefixtures("urgent")
def test_a_refused_address_is_never_tried_again(house: House, post: Post, sender: Sender) -> None:
    post.answers = ["550 <ana@acme.example> is no such person"]
    sender.send_due()
    make_due(house)
    assert not sender.send_due()
    assert (states(house), post.mails) == ([("suppressed", 1)], [])
    assert house.rows("SELECT last_error FROM messages") == [("550 [e-mail]> is no such person",)]


@pytest.mark.usefixtures("urgent")
def test_a_mail_that_is_always_put_off_is_given_up(house: House, post: Post, sender: Sender) -> None:
    post.answers = ["451 try again"] * (ATTEMPTS + 1)
    for _ in range(ATTEMPTS + 1):
        sender.send_due()
        make_due(house)
    assert states(house) == [("failed", ATTEMPTS)]


@pytest.mark.usefixtures("urgent")
def test_a_mail_that_another_sender_has_taken_is_left_to_it(house: House, sender: Sender) -> None:
    assert house.run(lambda uow: messages.claim_messages(uow, house.vault, 1))
    assert not sender.send_due()


def test_mails_in_a_row_share_a_connection(house: House, post: Post, sender: Sender) -> None:
    three_urgent(house)
    post.answers = ["250 kept", "451 try again"]
    sender.send_due()
    assert (len(post.mails), len(post.callers)) == (2, 1)
    assert sorted(states(house)) == [("queued", 1), ("sent", 1), ("sent", 1)]


def test_what_was_claimed_is_given_back_when_the_sender_ends(
    house: House, post: Post, sender: Sender, stop: Event
) -> None:
    three_urgent(house)
    post.then = stop.set
    sender.send_due()
    assert sorted(states(house)) == [("queued", 0), ("queued", 0), ("sent", 1)]
    stop.clear()
    post.then = bool
    sender.send_due()
    assert len(post.mails) == 3


def three_urgent(house: House) -> None:
    """Urgent alerts about three leads, for Ana."""
    ana = house.person("ana", "rep")
    for name in ("Jane", "Jo", "Kim"):
        house.raised(house.lead(name, ana), ana)


def test_what_was_resolved_meanwhile_is_not_mailed(
    house: House, post: Post, sender: Sender, urgent: UUID
) -> None:
    over = {"alert_id": str(urgent), "reason": "score_fell", "resolved_at": 1}
    house.run(lambda uow: commands.resolve_alert(uow, over))
    sender.send_due()
    assert (post.mails, states(house)) == ([], [("suppressed", 1)])


@pytest.mark.usefixtures("urgent")
def test_an_erased_colleague_gets_no_mail(house: House, post: Post, sender: Sender) -> None:
    def erase(uow: UnitOfWork) -> None:
        house.vault.erase(uow, user_id(ACME, "ana"))

    house.run(erase)
    sender.send_due()
    assert (post.mails, states(house)) == ([], [("suppressed", 1)])


def test_a_mail_server_that_is_away_is_no_refusal() -> None:
    urgent = mail.Urgent("Jane Doe", "score 92 is above 85", NOON, "http://gateway/leads/1")
    letter = mail.letter(urgent, sender="alerts@salescompass.local", to="ana@acme.example", id="1")
    ended = mail.Postbox("smtp://127.0.0.1:1").hand_over(letter)
    assert (ended.accepted, ended.refused) == (False, False)


def test_a_name_cannot_add_headers_or_markup() -> None:
    urgent = mail.Urgent("Jane\r\nBcc: all@acme.example <b>", "score 92", NOON, "http://gateway/leads/1")
    letter = mail.letter(urgent, sender="alerts@salescompass.local", to="ana@acme.example", id="1")
    assert letter["Bcc"] is None
    html = letter.get_body(("html",))
    assert html is not None
    assert "&lt;b&gt;" in html.get_content()


def test_the_waits_between_attempts_grow_and_end() -> None:
    waits = [next_attempt(attempt) for attempt in range(1, ATTEMPTS + 1)]
    assert waits[0] == timedelta(seconds=30)
    assert waits[-1] is None
    assert waits[:-1] == sorted(wait for wait in waits if wait)
