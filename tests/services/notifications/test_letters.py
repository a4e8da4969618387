"""Mails to people outside: a link that confirms an address, a welcome; once each, and never too late."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.clock import millis
from chassis.db import UnitOfWork
from chassis.ids import new_id
from services.notifications import commands
from services.notifications.sender import Sender
from tests.services.notifications.conftest import ACME, NOON, House, Post
from tests.services.notifications.test_sender import make_due, sender, states, stop, told

__all__ = ["sender", "stop"]

LINK = "https://crm.example/api/leads/forms/confirmations/t0ken"


def asked(house: House, **more: Any) -> dict[str, Any]:
    """Leads asks to have an address confirmed; its key has come too."""
    lead = uuid4()
    letter = {"email": "hana@initech.example", "link": LINK}
    pii, key = house.run(lambda uow: house.vault.seal(uow, lead, letter))
    record: dict[str, Any] = {
        "submission_id": str(new_id()),
        "lead_id": str(lead),
        "form_name": "Fair <2026>",
    }
    record |= {"occurred_at": millis(NOON), "expires_at": millis(NOON + timedelta(days=7))}
    record |= {"pii": pii, "key_id": key, **more}
    house.run(lambda uow: commands.ask_to_confirm(uow, record))
    return record


def converted(house: House, lead: UUID, *follow_ons: str, **more: Any) -> dict[str, Any]:
    """A conversion that has come to its end."""
    record: dict[str, Any] = {
        "conversion_id": str(new_id()),
        "lead_id": str(lead),
        "occurred_at": millis(NOON),
    }
    record |= {"follow_ons": list(follow_ons), **more}
    house.run(lambda uow: commands.welcome(uow, [record]))
    return record


def test_who_fills_in_a_form_gets_the_link_that_confirms_it(house: House, post: Post, sender: Sender) -> None:
    record = asked(house)
    sender.send_due()
    (letter,) = post.mails
    assert (letter["To"], letter["Subject"]) == (
        "hana@initech.example",
        "Please confirm your e-mail address",
    )
    plain, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert LINK in plain.get_content()
    assert "Fair &lt;2026&gt;" in html.get_content()
    assert told(house) == [("sent", 1)]
    house.run(lambda uow: commands.ask_to_confirm(uow, record))
    assert not sender.send_due(), "the same question again sends nothing"


def test_a_new_customer_is_greeted_by_name_once(house: House, post: Post, sender: Sender) -> None:
    jane = house.lead("Jane", house.person("ana", "rep"))
    record = converted(house, jane, "welcome_mail", "nps_survey")
    sender.send_due()
    (letter,) = post.mails
    assert (letter["To"], letter["Subject"]) == ("jane@initech.example", "Welcome")
    plain = letter.get_body(("plain",))
    assert plain is not None
    assert "Hello Jane Doe," in plain.get_content()
    assert "Ana looks after you" in plain.get_content()
    house.run(lambda uow: commands.welcome(uow, [record]))
    assert not sender.send_due()


def said(house: House, lead: UUID, state: str, days_ago: float = 0, **more: Any) -> None:
    """A lead says whether it takes e-mails, under Jane's address where no other is named."""
    at = millis(NOON - timedelta(days=days_ago))
    record: dict[str, Any] = {"lead_id": str(lead), "channel": "email", "state": state, "consented_at": at}
    record |= {"version": at, "email_hash": house.vault.email_hash(ACME, "jane@initech.example")}
    house.run(lambda uow: commands.store_consents(uow, [record | more]))


def test_who_takes_no_e_mails_is_not_greeted(house: House, post: Post, sender: Sender) -> None:
    jane = house.lead("Jane", None)
    said(house, jane, "granted", days_ago=9)
    said(house, jane, "withdrawn", days_ago=1)
    said(house, jane, "granted", days_ago=9)
    converted(house, jane, "welcome_mail")
    sender.send_due()
    assert (post.mails, states(house)) == ([], [("suppressed", 1)])
    assert house.rows("SELECT last_error FROM messages") == [("the person takes no e-mails",)]
    assert told(house) == [("suppressed", 1)]


def test_a_word_that_comes_while_the_welcome_waits_holds(house: House, post: Post, sender: Sender) -> None:
    jane = house.lead("Jane", None)
    converted(house, jane, "welcome_mail")
    post.answers = ["451 try again"]
    sender.send_due()
    said(house, jane, "withdrawn")
    make_due(house)
    sender.send_due()
    assert (post.mails, states(house)) == ([], [("suppressed", 2)])


def test_who_takes_e_mails_again_is_greeted(house: House, post: Post, sender: Sender) -> None:
    jane = house.lead("Jane", None)
    said(house, jane, "withdrawn", days_ago=9)
    said(house, jane, "granted", days_ago=1)
    converted(house, jane, "welcome_mail")
    sender.send_due()
    assert [mail["To"] for mail in post.mails] == ["jane@initech.example"]


@pytest.mark.parametrize("channel", ["phone", "sms", "post", "chat"])
def test_a_word_of_another_channel_says_nothing_of_e_mails(
    house: House, post: Post, sender: Sender, channel: str
) -> None:
    jane = house.lead("Jane", None)
    said(house, jane, "withdrawn", channel=channel)
    converted(house, jane, "welcome_mail")
    sender.send_due()
    assert len(post.mails) == 1


def test_a_withdrawal_holds_for_the_address_whichever_lead_it_came_by(
    house: House, post: Post, sender: Sender
) -> None:
    said(house, house.lead("Jane of the fair", None), "withdrawn", days_ago=1)
    converted(house, house.lead("Jane", None), "welcome_mail")
    sender.send_due()
    assert (post.mails, states(house)) == ([], [("suppressed", 1)])


def test_who_takes_no_e_mails_still_gets_the_link_that_they_asked_for(
    house: House, post: Post, sender: Sender
) -> None:
    lead = UUID(asked(house)["lead_id"])
    said(house, lead, "withdrawn", email_hash=house.vault.email_hash(ACME, "hana@initech.example"))
    sender.send_due()
    assert [mail["To"] for mail in post.mails] == ["hana@initech.example"]


def test_a_tenant_that_wants_no_welcome_sends_none(house: House, post: Post, sender: Sender) -> None:
    converted(house, house.lead("Jane", None), "nps_survey")
    assert not sender.send_due()
    assert post.mails == []


def test_a_replay_of_old_days_mails_nobody(house: House, post: Post, sender: Sender) -> None:
    long_ago = millis(NOON - timedelta(days=2))
    asked(house, occurred_at=long_ago)
    asked(house, expires_at=millis(NOON))
    converted(house, house.lead("Jane", None), "welcome_mail", occurred_at=long_ago)
    assert not sender.send_due()
    assert (post.mails, states(house)) == ([], [("suppressed", 0)] * 3)


def test_what_waited_too_long_is_not_sent_any_more(house: House, post: Post, sender: Sender) -> None:
    asked(house)
    house.clock.advance(timedelta(days=1))
    sender.send_due()
    assert (post.mails, states(house)) == ([], [("suppressed", 1)])


def test_a_mail_waits_for_the_key_of_its_address(house: House, post: Post, sender: Sender) -> None:
    asked(house, lead_id=str(uuid4()))
    for _ in range(2):
        sender.send_due()
        make_due(house)
    assert (post.mails, states(house)) == ([], [("queued", 0)])


@pytest.mark.parametrize("what", ["confirmation", "welcome"])
def test_who_was_erased_gets_no_mail(house: House, post: Post, sender: Sender, what: str) -> None:
    lead = house.lead("Jane", None)
    if what == "welcome":
        converted(house, lead, "welcome_mail")
    else:
        lead = UUID(asked(house)["lead_id"])

    def erase(uow: UnitOfWork) -> None:
        house.vault.erase(uow, lead)

    house.run(erase)
    sender.send_due()
    assert (post.mails, states(house)) == ([], [("suppressed", 1)])
