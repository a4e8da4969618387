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
from tests.services.notifications.conftest import NOON, House, Post
from tests.services.notifications.test_sender import make_due, sender, states, told

__all__ = ["sender"]

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
    house.run(lambda uow: commands.welcome(uow, record))
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
    house.run(lambda uow: commands.welcome(uow, record))
    assert not sender.send_due()


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
