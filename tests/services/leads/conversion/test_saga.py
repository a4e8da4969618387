"""The saga by itself: every order of answers, repeated or not, ends whole or not at all."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.leads import conversion as saga
from services.leads.conversion import (
    Account,
    AlreadyConverted,
    Command,
    Conversion,
    ConversionActive,
    Converted,
    Failed,
    NewIds,
    NotQualified,
    OpportunityWanted,
    Refusal,
    Started,
    Subject,
    UnknownTarget,
)

LEAD, ACME, OWNER = (UUID(int=number) for number in (1, 2, 3))
IDS = NewIds(*(UUID(int=number) for number in (11, 12, 13, 14)))
ACCOUNT = Account(IDS.account, "ACME GmbH", IDS.contact, OWNER)
QUALIFIED = Subject(LEAD, "qualified", None, None)


def planned(command: Command | None = None, lead: Subject = QUALIFIED) -> Conversion:
    return saga.plan(lead, command or Command(), IDS)


def test_a_lead_without_account_takes_path_a_and_opens_all_three() -> None:
    conversion, told = saga.started(planned())
    assert (conversion.path, conversion.account_id, told) == ("A", IDS.account, [Started()])
    conversion, told = saga.account_ready(conversion, ACCOUNT)
    assert told == [OpportunityWanted(ACCOUNT)]
    conversion, told = saga.opportunity_ready(conversion)
    assert (conversion.state, told) == ("done", [Converted()])
    assert saga.title("A", "ACME GmbH", "Web form") == "Initial Opportunity - ACME GmbH"


@pytest.mark.parametrize("by", ["linked", "chosen"])
def test_a_lead_with_an_account_takes_path_b_and_opens_no_account(by: str) -> None:
    linked = Subject(LEAD, "qualified", ACME if by == "linked" else None, None)
    conversion = planned(Command(account_id=ACME if by == "chosen" else None), linked)
    assert (conversion.path, conversion.account_id) == ("B", ACME)
    assert saga.title("B", "ACME GmbH", "Renewal") == "Renewal - ACME GmbH"


@pytest.mark.parametrize(
    ("path", "source", "kind"),
    [
        ("A", "web_form", "new_business"),
        ("B", "renewal", "renewal"),
        ("B", "cross_sell", "cross_sell"),
        ("B", "web_form", "upsell"),
    ],
)
def test_the_kind_of_deal_follows_path_and_source(path: str, source: str, kind: str) -> None:
    assert saga.deal_type(path, source) == kind


def test_without_an_opportunity_the_account_is_the_end() -> None:
    conversion, told = saga.account_ready(planned(Command(create_opportunity=False)), ACCOUNT)
    assert (conversion.state, conversion.opportunity_id, told) == ("done", None, [Converted()])


def test_an_existing_opportunity_is_linked_even_where_no_new_one_is_wanted() -> None:
    assert planned(Command(create_opportunity=False, opportunity_id=ACME)).opportunity_id == ACME


@pytest.mark.parametrize("status", ["new", "contacted", "unqualified"])
def test_only_a_qualified_lead_is_converted(status: str) -> None:
    with pytest.raises(NotQualified):
        planned(lead=Subject(LEAD, status, None, None))


def test_a_converted_lead_and_one_under_way_are_told_apart() -> None:
    with pytest.raises(AlreadyConverted):
        planned(lead=Subject(LEAD, "converted", ACME, IDS.conversion))
    with pytest.raises(ConversionActive):
        planned(lead=Subject(LEAD, "qualified", None, IDS.conversion))


def answer(conversion: Conversion, name: str) -> tuple[Conversion, list[Any]]:
    match name:
        case "account":
            return saga.account_ready(conversion, ACCOUNT)
        case "opportunity":
            return saga.opportunity_ready(conversion)
        case "no account":
            return saga.refused(conversion, "account_wanted", Refusal("account_closed", "Closed."))
        case "no opportunity":
            return saga.refused(conversion, "opportunity_wanted", Refusal("not_possible", "No."))
    return saga.cancelled(conversion, "It hangs.")


ANSWERS = st.sampled_from(["account", "opportunity", "no account", "no opportunity", "cancel"])


@given(st.lists(ANSWERS, max_size=12))
def test_whatever_is_answered_how_often_a_conversion_ends_once_and_stays_so(answers: list[str]) -> None:
    conversion, told = saga.started(planned())
    for name in answers:
        before = conversion
        conversion, more = answer(conversion, name)
        told += more
        if before.state in saga.OVER:
            assert (conversion, more) == (before, [])
    ends = [fact for fact in told if isinstance(fact, Converted | Failed)]
    assert len(ends) == (conversion.state in saga.OVER)
    assert told.count(OpportunityWanted(ACCOUNT)) <= 1
    if conversion.state == "failed":
        assert conversion.code
        assert conversion.reason


def test_fields_without_a_target_are_reported_never_dropped() -> None:
    profile = {
        "email": "jo@acme.example", "region": "Wien", "description": "12 trucks",
        "utm": {"campaign": "spring", "term": ""}, "custom": {"vip": True, "fleet": 40, "born": "1988-02-29"},
    }  # fmt: skip
    mapping = {
        "region": "account.attributes.region",
        "custom.vip": "contact.attributes.important",
        "custom.fleet": "opportunity.attributes.trucks",
        "description": "opportunity.attributes.wish",
    }
    found = saga.mapped(profile, mapping, saga.opened(planned(), Command()))
    assert found.attributes == {
        "account": {"region": "Wien"},
        "contact": {"important": "true"},
        "opportunity": {"trucks": "40", "wish": "12 trucks"},
    }
    assert found.unmapped == ("custom.born", "utm.campaign")


@pytest.mark.parametrize(
    ("command", "opened"),
    [
        (Command(), {"account", "contact", "opportunity"}),
        (Command(create_opportunity=False), {"account", "contact"}),
        (Command(account_id=ACME), {"contact", "opportunity"}),
        (Command(account_id=ACME, contact_id=OWNER, opportunity_id=OWNER), set[str]()),
    ],
)
def test_what_is_there_already_keeps_its_own_and_that_is_reported(command: Command, opened: set[str]) -> None:
    mapping = {name: f"{thing}.attributes.it" for name, thing in zip("abc", saga.THINGS, strict=True)}
    found = saga.mapped(dict.fromkeys("abc", "x"), mapping, saga.opened(planned(command), command))
    assert set(found.attributes) == opened
    assert len(found.unmapped) + len(opened) == 3


@pytest.mark.parametrize(
    ("field", "target"),
    [
        ("company", "account.attributes.company"),
        ("shoe_size", "account.attributes.shoes"),
        ("region", "account.owner_id"),
        ("region", "account.attributes.no good"),
        ("region", "person.attributes.region"),
        ("region", "opportunity.attributes."),
    ],
)
def test_a_mapping_that_cannot_be_is_refused(field: str, target: str) -> None:
    with pytest.raises(UnknownTarget):
        saga.check({field: target})
